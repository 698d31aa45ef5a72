#include "http/fake_server.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <csignal>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "base/check.h"
#include "base/file_descriptor.h"

namespace ganglion {
namespace {

constexpr size_t kThreads = 4;
constexpr size_t kMaxRequestBytes = 64 << 20;

template <typename T, void (*free_it)(T*)>
struct Free {
  void operator()(T* object) const { free_it(object); }
};
template <typename T, void (*free_it)(T*)>
using Owned = std::unique_ptr<T, Free<T, free_it>>;
using OwnedKey = Owned<EVP_PKEY, EVP_PKEY_free>;
using OwnedCertificate = Owned<X509, X509_free>;
using OwnedContext = Owned<SSL_CTX, SSL_CTX_free>;
using OwnedSession = Owned<SSL, SSL_free>;

std::string pem_of(const std::function<int(BIO*)>& write) {
  BIO* memory = BIO_new(BIO_s_mem());
  GANGLION_ASSERT(memory != nullptr && write(memory) == 1);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory, &bytes);
  std::string pem(bytes, static_cast<size_t>(size));
  BIO_free(memory);
  return pem;
}

OwnedContext make_context(const FakeCertificate& pem) {
  OwnedContext context(SSL_CTX_new(TLS_server_method()));
  BIO* certificate_bytes = BIO_new_mem_buf(pem.certificate_pem.data(), -1);
  BIO* key_bytes = BIO_new_mem_buf(pem.key_pem.data(), -1);
  const OwnedCertificate certificate(
      PEM_read_bio_X509(certificate_bytes, nullptr, nullptr, nullptr));
  const OwnedKey key(PEM_read_bio_PrivateKey(key_bytes, nullptr, nullptr, nullptr));
  BIO_free(certificate_bytes);
  BIO_free(key_bytes);
  GANGLION_ASSERT(SSL_CTX_use_certificate(context.get(), certificate.get()) == 1);
  GANGLION_ASSERT(SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1);
  return context;
}

// One accepted connection, plain or TLS.
class Connection {
 public:
  Connection(FileDescriptor socket, SSL_CTX* context) : socket_(std::move(socket)) {
    if (context == nullptr) return;
    session_.reset(SSL_new(context));
    SSL_set_fd(session_.get(), socket_.get());
    ready_ = SSL_accept(session_.get()) == 1;
  }

  bool ready() const { return ready_; }

  // Bytes read; 0 at the end or on failure.
  size_t read(char* bytes, size_t size) {
    const auto count = session_ ? SSL_read(session_.get(), bytes, static_cast<int>(size))
                                : ::recv(socket_.get(), bytes, size, 0);
    return count > 0 ? static_cast<size_t>(count) : 0;
  }

  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const size_t piece = std::min<size_t>(bytes.size(), 1 << 20);
      const auto count = session_ ? SSL_write(session_.get(), bytes.data(), static_cast<int>(piece))
                                  : ::send(socket_.get(), bytes.data(), piece, MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(count));
    }
    return true;
  }

  // Without this a plain close() with unread bytes resets the connection and may eat the reply.
  void close_write() {
    if (session_) SSL_shutdown(session_.get());
    ::shutdown(socket_.get(), SHUT_WR);
  }

 private:
  FileDescriptor socket_;
  OwnedSession session_;
  bool ready_ = true;
};

size_t content_length(std::string head) {
  std::transform(head.begin(), head.end(), head.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  constexpr std::string_view kName = "\r\ncontent-length:";
  const size_t at = head.find(kName);
  return at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + kName.size(), nullptr, 10);
}

std::optional<FakeRequest> read_request(Connection& connection) {
  std::string bytes;
  std::vector<char> piece(64 * 1024);
  size_t head_end = std::string::npos;
  size_t needed = std::string::npos;
  while (head_end == std::string::npos || bytes.size() < needed) {
    const size_t count = connection.read(piece.data(), piece.size());
    if (count == 0 || bytes.size() > kMaxRequestBytes) return std::nullopt;
    bytes.append(piece.data(), count);
    if (head_end != std::string::npos) continue;
    head_end = bytes.find("\r\n\r\n");
    if (head_end != std::string::npos) {
      needed = head_end + 4 + content_length(bytes.substr(0, head_end));
    }
  }
  return FakeRequest{bytes.substr(0, head_end), bytes.substr(head_end + 4)};
}

}  // namespace

FakeReply fake_reply(int status, std::string_view body, std::string_view headers) {
  return {{{0, fmt::format("HTTP/1.1 {} X\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(),
                           headers, body)}}};
}

FakeCertificate make_fake_certificate(const std::string& host, int valid_days) {
  const OwnedKey key(EVP_EC_gen("P-256"));
  const OwnedCertificate certificate(X509_new());
  X509* x509 = certificate.get();
  X509_set_version(x509, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  constexpr long kDaySeconds = 86'400;
  X509_gmtime_adj(X509_getm_notBefore(x509), -10 * kDaySeconds);
  X509_gmtime_adj(X509_getm_notAfter(x509), valid_days * kDaySeconds);
  X509_set_pubkey(x509, key.get());
  X509_NAME* name = X509_get_subject_name(x509);
  const auto* common_name = reinterpret_cast<const unsigned char*>("fake server");
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0);
  X509_set_issuer_name(x509, name);
  in_addr address{};
  const bool is_address = inet_pton(AF_INET, host.c_str(), &address) == 1;
  const std::string alternative = (is_address ? "IP:" : "DNS:") + host;
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternative.c_str());
  GANGLION_ASSERT(extension != nullptr);
  X509_add_ext(x509, extension, -1);
  X509_EXTENSION_free(extension);
  GANGLION_ASSERT(X509_sign(x509, key.get(), EVP_sha256()) > 0);
  FakeCertificate pem;
  pem.certificate_pem = pem_of([&](BIO* out) { return PEM_write_bio_X509(out, x509); });
  pem.key_pem = pem_of([&](BIO* out) {
    return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  return pem;
}

struct FakeServer::State {
  Replier replier;
  OwnedContext context;
  FileDescriptor listener;
  uint16_t port = 0;
  std::atomic<bool> stopping = false;
  std::vector<std::thread> threads;

  void listen() {
    listener = FileDescriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    GANGLION_ASSERT(::bind(listener.get(), generic, size) == 0);
    GANGLION_ASSERT(::listen(listener.get(), 128) == 0);
    GANGLION_ASSERT(::getsockname(listener.get(), generic, &size) == 0);
    port = ntohs(address.sin_port);
  }

  // In slices, so that a test with a slow reply ends at once.
  void wait_ms(int64_t ms) const {
    for (; ms > 0 && !stopping; ms -= 5) {
      std::this_thread::sleep_for(std::chrono::milliseconds(std::min<int64_t>(ms, 5)));
    }
  }

  void serve() {
    while (!stopping) {
      FileDescriptor socket(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!socket.is_open()) continue;
      Connection connection(std::move(socket), context.get());
      if (!connection.ready()) continue;
      const std::optional<FakeRequest> request = read_request(connection);
      if (!request) continue;
      for (const FakeReply::Step& step : replier(*request).steps) {
        wait_ms(step.delay_ms);
        if (stopping || !connection.write(step.bytes)) break;
      }
      connection.close_write();
    }
  }
};

FakeServer::FakeServer(Replier replier, std::optional<FakeCertificate> certificate)
    : state_(std::make_unique<State>()) {
  std::signal(SIGPIPE, SIG_IGN);
  state_->replier = std::move(replier);
  if (certificate) state_->context = make_context(*certificate);
  state_->listen();
  for (size_t i = 0; i < kThreads; ++i) {
    state_->threads.emplace_back([state = state_.get()] { state->serve(); });
  }
}

FakeServer::~FakeServer() {
  state_->stopping = true;
  ::shutdown(state_->listener.get(), SHUT_RDWR);  // wakes every accept()
  for (std::thread& thread : state_->threads) thread.join();
}

uint16_t FakeServer::port() const { return state_->port; }

std::string FakeServer::origin() const {
  return fmt::format("{}://127.0.0.1:{}", state_->context ? "https" : "http", port());
}

}  // namespace ganglion
