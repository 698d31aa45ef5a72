#include "hub/download.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/file_lock.h"
#include "base/hash.h"
#include "base/rng.h"
#include "hub/byte_size.h"
#include "hub/model_source.h"
#include "hub/partial_file.h"

namespace ganglion {
namespace {

constexpr int kMaxRestarts = 4;
constexpr uint64_t kReserveBytes = uint64_t{64} << 20;  // left for everything else on the disk

std::optional<uint64_t> parse_count(std::string_view text) {
  uint64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, count);
  if (text.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return count;
}

struct ContentRange {
  uint64_t first = 0;
  uint64_t last = 0;
  uint64_t total = 0;
};

// "bytes 100-199/200"
std::optional<ContentRange> parse_content_range(std::string_view text) {
  constexpr std::string_view kUnit = "bytes ";
  const size_t dash = text.find('-');
  const size_t slash = text.find('/');
  if (!text.starts_with(kUnit) || dash == std::string_view::npos ||
      slash == std::string_view::npos || slash < dash) {
    return std::nullopt;
  }
  const auto first = parse_count(text.substr(kUnit.size(), dash - kUnit.size()));
  const auto last = parse_count(text.substr(dash + 1, slash - dash - 1));
  const auto total = parse_count(text.substr(slash + 1));
  if (!first || !last || !total || *first > *last || *last >= *total) return std::nullopt;
  return ContentRange{*first, *last, *total};
}

// What If-Range may name: a strong entity tag, else the date of the last change.
std::string validator_of(const HttpResponse& head) {
  if (const auto etag = head.header("etag"); etag && etag->starts_with('"')) {
    return std::string(*etag);
  }
  return std::string(head.header("last-modified").value_or(""));
}

// One file's download by this program; the lock on it is held.
class Download {
 public:
  Download(const DownloadContext& context, const RemoteFile& file, PartialFile partial,
           uint64_t done_before, uint64_t total)
      : context_(context),
        file_(file),
        partial_(std::move(partial)),
        sha256_(file.sha256),
        was_resumed_(partial_.size() > 0),
        is_known_(was_resumed_),
        done_before_(done_before),
        model_bytes_(total),
        rng_(static_cast<uint64_t>(context.clock.wall_us())) {}

  Result<Downloaded> run();
  // After a failure: a file without bytes is not worth keeping.
  void drop_if_empty() {
    if (partial_.size() == 0) partial_.discard();
  }

 private:
  bool is_complete() const;
  Status receive_all();
  Result<WebResponse> attempt();
  Status accept(const HttpResponse& head, std::string_view linked_sha256);
  Status accept_rest(const HttpResponse& head);
  Status accept_whole(const HttpResponse& head);
  Status take(std::string_view piece);
  Status restart(const PartialVersion& version, std::string_view reason);
  Status wait_before_retry(const Result<WebResponse>& outcome);
  Error malformed(std::string_view problem) const {
    return fail(ErrorCode::kMalformed, "{}: {}: {}", file_.path, file_.request.url.authority(),
                problem);
  }
  void report() const {
    context_.observer.update(done_before_ + partial_.size(),
                             std::max(model_bytes_, done_before_ + partial_.version().size));
  }

  const DownloadContext& context_;
  const RemoteFile& file_;
  PartialFile partial_;
  std::string sha256_;
  bool was_resumed_;
  bool is_known_;  // which version is being received, and so its size
  uint64_t done_before_;
  uint64_t model_bytes_;
  Rng rng_;
  int attempt_ = 1;
  int restarts_ = 0;
  uint64_t progress_mark_ = 0;
  uint64_t checkpoint_mark_ = 0;
  uint64_t fetched_bytes_ = 0;
  bool is_stale_ = false;  // the server has another version than the one begun
};

bool Download::is_complete() const {
  return is_known_ && partial_.size() == partial_.version().size;
}

Status Download::restart(const PartialVersion& version, std::string_view reason) {
  if (partial_.size() > 0) {
    if (++restarts_ > kMaxRestarts) {
      return fail(ErrorCode::kUnavailable, "{}: {}, again and again; try later", file_.path,
                  reason);
    }
    context_.observer.note(fmt::format("{}: {}; beginning afresh", file_.path, reason));
  }
  progress_mark_ = 0;
  checkpoint_mark_ = 0;
  was_resumed_ = false;
  is_known_ = false;
  return partial_.restart(version);
}

Status Download::accept(const HttpResponse& head, std::string_view linked_sha256) {
  if (const auto encoding = head.header("content-encoding"); encoding && *encoding != "identity") {
    return malformed("sends the file compressed, which was not asked for");
  }
  if (sha256_.empty()) sha256_ = linked_sha256;
  if (!linked_sha256.empty() && linked_sha256 != sha256_) {
    return malformed(
        fmt::format("the SHA-256 of the list is {}, that of the file {}; the "
                    "repository is being changed, try again later",
                    sha256_, linked_sha256));
  }
  if (head.status != 200 && head.status != 206) {
    return malformed(fmt::format("expected status 200, found {}", head.status));
  }
  GANGLION_TRY(head.status == 206 ? accept_rest(head) : accept_whole(head));
  is_known_ = true;
  return check_free_space(context_, partial_.version().size - partial_.size());
}

// 206: the bytes from where we are on, of the version we have begun.
Status Download::accept_rest(const HttpResponse& head) {
  const auto range = parse_content_range(head.header("content-range").value_or(""));
  if (!range || range->first != partial_.size() || range->last + 1 != range->total) {
    return malformed("its Content-Range is not the one that was asked for");
  }
  if (file_.size && range->total != *file_.size) {
    return malformed(
        fmt::format("has {} bytes, the hub's list says {}", range->total, *file_.size));
  }
  const std::string validator = validator_of(head);
  const PartialVersion& version = partial_.version();
  const bool differs =
      !validator.empty() && !version.validator.empty() && validator != version.validator;
  if (partial_.size() == 0 || differs || range->total != version.size) {
    is_stale_ = true;
    return fail(ErrorCode::kConflict, "{}: the file has changed on the server", file_.path);
  }
  return {};
}

// 200: the whole file, from its first byte.
Status Download::accept_whole(const HttpResponse& head) {
  auto length = parse_count(head.header("content-length").value_or(""));
  if (!length) length = file_.size;
  if (!length) {
    return malformed(
        "does not say how long the file is (no Content-Length); a download without "
        "a known end is refused");
  }
  if (file_.size && *length != *file_.size) {
    return malformed(
        fmt::format("announces {} bytes, the hub's list says {}", *length, *file_.size));
  }
  return restart({validator_of(head), *length},
                 "the file has changed, or the server cannot resume");
}

Status Download::take(std::string_view piece) {
  if (piece.size() > partial_.version().size - partial_.size()) {
    return fail(ErrorCode::kLimit, "{}: more than the {} bytes that were announced", file_.path,
                partial_.version().size);
  }
  GANGLION_TRY(partial_.append(piece));
  fetched_bytes_ += piece.size();
  if (partial_.size() - checkpoint_mark_ >= context_.checkpoint_bytes) {
    GANGLION_TRY(partial_.checkpoint());
    checkpoint_mark_ = partial_.size();
  }
  report();
  return {};
}

Result<WebResponse> Download::attempt() {
  WebRequest request = file_.request;
  if (partial_.size() > 0) {
    request.headers.push_back({"Range", fmt::format("bytes={}-", partial_.size())});
    if (!partial_.version().validator.empty()) {
      request.headers.push_back({"If-Range", partial_.version().validator});
    }
  }
  is_stale_ = false;
  Result<WebResponse> outcome = context_.web.get(
      request,
      [this](const HttpResponse& head, std::string_view linked) { return accept(head, linked); },
      [this](std::string_view piece) { return take(piece); });
  if (outcome.ok() && outcome->http.status / 100 == 2 && !is_complete()) {
    return fail(ErrorCode::kUnavailable, "{}: the answer ended after {} of {} bytes",
                outcome->url.authority(), partial_.size(), partial_.version().size);
  }
  return outcome;
}

// Sleeps; or the error that is final.
Status Download::wait_before_retry(const Result<WebResponse>& outcome) {
  if (partial_.size() >= progress_mark_ + context_.progress_bytes) {
    attempt_ = 1;
    progress_mark_ = partial_.size();
  }
  const Result<HttpResponse> answer =
      outcome.ok() ? Result<HttpResponse>(outcome->http) : outcome.error();
  const auto delay_ms =
      retry_delay_ms(context_.retry, attempt_, answer, context_.clock.wall_us(), rng_);
  const Error error = outcome.ok() ? status_error(file_.path, *outcome, file_.request.denied_advice)
                                   : outcome.error();
  if (!delay_ms) {
    const bool is_kept = partial_.size() > 0 && (error.code == ErrorCode::kUnavailable ||
                                                 error.code == ErrorCode::kTimeout);
    return fail(error.code, "{}{}", error.message,
                is_kept ? fmt::format("; {} of {} are kept: pull again to go on",
                                      byte_size_text(partial_.size()),
                                      byte_size_text(partial_.version().size))
                        : "");
  }
  context_.observer.note(fmt::format("{}; trying again in {:.1f} s", error.message,
                                     static_cast<double>(*delay_ms) * 1e-3));
  context_.sleep_ms(*delay_ms);
  ++attempt_;
  return {};
}

Status Download::receive_all() {
  progress_mark_ = checkpoint_mark_ = partial_.size();
  while (!is_complete()) {
    const Result<WebResponse> outcome = attempt();
    if (outcome.ok() && outcome->http.status / 100 == 2) continue;
    if (is_stale_ || (outcome.ok() && outcome->http.status == 416 && partial_.size() > 0)) {
      GANGLION_TRY(restart({}, "the file has changed on the server"));
      continue;
    }
    GANGLION_TRY(wait_before_retry(outcome));
  }
  return {};
}

Result<Downloaded> Download::run() {
  report();
  while (true) {
    GANGLION_TRY(receive_all());
    GANGLION_ASSIGN(const std::string found, partial_.finish());
    if (sha256_.empty() || found == sha256_) {
      GANGLION_TRY(partial_.move_to(context_.store.blob_path(found)));
      return Downloaded{{file_.path, partial_.size(), found}, fetched_bytes_};
    }
    if (!was_resumed_) {
      partial_.discard();
      return malformed(
          fmt::format("the SHA-256 is wrong: expected {}, found {}; what was "
                      "received was deleted. Try again later, or another source",
                      sha256_, found));
    }
    GANGLION_TRY(restart({}, "the SHA-256 of the resumed file is wrong"));
  }
}

bool is_in_store(const ModelStore& store, const RemoteFile& file, uint64_t* size) {
  std::error_code error;
  const auto path = store.blob_path(file.sha256);
  if (!std::filesystem::is_regular_file(path, error)) return false;
  *size = std::filesystem::file_size(path, error);
  return !error && (!file.size || *file.size == *size);
}

}  // namespace

Result<Downloaded> download_file(const DownloadContext& context, const RemoteFile& file,
                                 uint64_t done_before, uint64_t total) {
  const std::string key = file.sha256.empty() ? "url-" + to_hex(sha256(file.request.url.text()))
                                              : "sha256-" + file.sha256;
  GANGLION_ASSIGN(const FileLock lock, FileLock::acquire(context.store.lock_path(key), [&] {
                    context.observer.note(fmt::format(
                        "{}: another program is downloading it; waiting for that", file.path));
                  }));
  uint64_t size = 0;
  if (!file.sha256.empty() && is_in_store(context.store, file, &size)) {
    context.observer.update(done_before + size, std::max(total, done_before + size));
    return Downloaded{{file.path, size, file.sha256}, 0};
  }
  GANGLION_ASSIGN(PartialFile partial,
                  PartialFile::open(context.store.partial_path(key), !file.sha256.empty()));
  Download download(context, file, std::move(partial), done_before, total);
  Result<Downloaded> downloaded = download.run();
  if (!downloaded.ok()) download.drop_if_empty();
  return downloaded;
}

Result<uint64_t> free_bytes_of(const std::filesystem::path& folder) {
  struct statvfs status = {};
  if (::statvfs(folder.c_str(), &status) != 0) {
    return fail(ErrorCode::kIo, "{}: cannot ask for free space: {}", folder.string(),
                std::strerror(errno));
  }
  return static_cast<uint64_t>(status.f_bavail) * status.f_frsize;
}

Status check_free_space(const DownloadContext& context, uint64_t needed) {
  if (needed == 0) return {};
  const std::filesystem::path& folder = context.store.root();
  GANGLION_ASSIGN(const uint64_t free, context.free_bytes(folder));
  if (needed <= free && free - needed >= kReserveBytes) return {};
  return fail(ErrorCode::kLimit,
              "not enough space: {} are needed (and {} are left in reserve), {} are free in {}; "
              "make space (`ganglion list`, `ganglion rm`), or point GANGLION_HOME at another disk",
              byte_size_text(needed), byte_size_text(kReserveBytes), byte_size_text(free),
              folder.string());
}

}  // namespace ganglion
