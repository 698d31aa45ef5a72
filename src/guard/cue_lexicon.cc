// The cue words: folded (lower case, without accents), English, German, French, Spanish, Dutch,
// Italian, Polish, Portuguese and Turkish.
#include <algorithm>
#include <array>

#include "base/hash.h"
#include "guard/cue.h"

namespace ganglion {
namespace {

struct CueWords {
  CueMask mask;
  std::string_view words;  // separated by '|'; at most two words each
};

constexpr CueWords kLexicon[] = {
    {kCueCard,
     "card|cards|creditcard|cardnumber|credit card|visa|mastercard|amex|maestro|discover|pan|"
     "kreditkarte|kreditkartennummer|karte|kartennummer|carte|carte "
     "bancaire|tarjeta|creditcardnummer|"
     "kaart|kaartnummer|carta|karta|karty|cartao|kredi "
     "karti|cc|debit|charge|charged|billed|declined|payment method|pay|cvv|cvc|expires"},
    {kCueIban,
     "iban|bank account|bankverbindung|konto|kontonummer|compte|cuenta|rekening|rekeningnummer|"
     "conto|rachunek|sepa"},
    {kCueAba,
     "aba|routing|rtn|transit|routingnumber|routing number|routing no|routing "
     "transit|wire|fedwire|ach|"
     "transit number|direct deposit"},
    {kCueNpi,
     "npi|nppes|provider|rendering|medicare|national provider|provider identifier|provider "
     "id|prescriber|physician|"
     "practitioner|clinician|doctor"},
    {kCueNhs,
     "nhs|nhsnumber|health number|hospital number|national health|health service|nhs number"},
    {kCueSin,
     "social insurance|assurance sociale|insurance number|nas|service canada|canadian sin|canadian "
     "social|sin number|sin no|sin card|my sin|"
     "insurance no"},
    {kCueSteuer,
     "steuer|steuerid|steuernummer|steueridentifikationsnummer|steueridnr|idnr|"
     "identifikationsnummer|steuerliche|bundeszentralamt|finanzamt|tin|steuerlich|"
     "steueridentnummer|lohnsteuer|german tax|german id"},
    {kCueNif, "nif|dni|documento nacional|extranjero|spanish id"},
    {kCueCodiceFiscale, "codice fiscale|fiscale|italian tax|codicefiscale|cf|fiscal code"},
    {kCuePesel, "pesel|polish id|numer ewidencyjny|ewidencyjny"},
    {kCueAadhaar, "aadhaar|aadhar|adhar|aadhaar|आधार|indian id|adhaar|uidai|uid|aadhaarnumber"},
    {kCueTckn,
     "tckn|kimlik|tc|t c|tc kimlik|kimlik numarasi|kimlik no|vatandaslik|turkish "
     "id|nufus|kimligi|kimliği|vatandaş|numarası|kimlik numarası"},
    {kCueAbn, "abn|abn no|business number|australian business|australian company|gst"},
    {kCueTfn, "tfn|tax file|australian tax|file number|ato"},
    {kCueSsn,
     "ssn|social security|social sec|socialsecurity|security number|ss number|ss no|soc sec"},
    {kCueItin, "itin|individual taxpayer|taxpayer identification"},
    {kCueNir,
     "nir|insee|securite sociale|secu|numero secu|carte vitale|vitale|immatriculation|french "
     "social"},
    {kCueBsn,
     "bsn|dutch id|dutch citizen|burger "
     "service|burgerservicenummer|burgerservice|sofinummer|sofi|persoonsnummer|citizen service"},
    {kCueBelgium,
     "rijksregisternummer|nationaal nummer|numero national|national number|belgian "
     "national|rijksregister|registre national|insz|niss|national register"},
    {kCueCpf, "cpf|cadastro|brazilian tax|pessoa fisica|contribuinte"},
    {kCueBitcoin, "btc|bitcoin|wallet|satoshi|blockchain"},
    {kCuePhone,
     "phone|tel|telephone|mobile|cell|cellphone|call|fax|whatsapp|sms|text|ring|dial|callback|"
     "reach|telefon|telefonnummer|handy|handynummer|mobil|rufnummer|anrufen|ruf|rueckruf|"
     "ruckruf|durchwahl|telefono|movil|celular|llamar|llame|portable|appeler|appelez|rappelez|"
     "telefoon|telefoonnummer|mobiel|bellen|bel|gsm|cellulare|chiamare|telefone|telemovel|telefonu|"
     "numer telefonu|contact number|phonenumber|hotline|desk|office"},
    {kCueBirth,
     "born|birth|dob|birthday|birthdate|dateofbirth|geboren|geburtsdatum|geburtstag|geb|ne le|"
     "naissance|nee le|nacido|nacida|nacimiento|nato|nata|nascita|geboortedatum|geboorte|"
     "urodzony|urodzona|urodzenia|dogum"},
    {kCueSecret,
     "apikey|api key|secret|secretkey|secret key|access key|accesskey|private key|token|"
     "accesstoken|access token|authtoken|auth token|bearer|authorization|credential|client secret|"
     "clientsecret|refresh token|webhook secret|encryption key|signing key|auth key"},
    {kCuePassword,
     "password|passwd|passwort|kennwort|pwd|passphrase|contrasena|wachtwoord|mdp|pass|clave|haslo|"
     "hasło|parola|motdepasse|mot de passe|passcode|senha"},
    {kCueIdentity,
     "identity|identification|national id|id number|id card|tax id|tax number|taxpayer|"
     "citizen|passport|personal number|personal id|ausweis|personalausweis|identite|identidad|"
     "identidade|identita|identiteit|tozsamosci|tax identification|taxid|patient|"
     "medical record|government id|resident"},
    {kCueReference,
     "order|orders|ups|fedex|dhl|usps|gls|dpd|hermes|account number|account no|account "
     "nr|acct|acct "
     "no|points|qty|quantity|population|ordernumber|orderid|tracking|trackingnumber|shipment|"
     "shipping|parcel|package|"
     "delivery|invoice|invoicenumber|ticket|case|reference|ref|sku|part|serial|serialnumber|model|"
     "confirmation|booking|reservation|flight|po|purchase|item|product|isbn|issn|ean|upc|barcode|"
     "imei|meter|batch|lot|commit|article|transaction|transactionid|quote|quotation|asset|"
     "inventory|catalog|catalogue|return|rma|claim|waybill|consignment|job|voucher|coupon|receipt|"
     "session|request|requestid|timestamp|epoch|error|error code|row|rows|record|records|bytes|"
     "customer number|customer no|customerid|customer id|member|membership|loyalty|device|"
     "units|pieces|checksum|hash|build id|"
     "bestellung|bestellnummer|sendung|sendungsnummer|sendungsverfolgung|paket|paketnummer|"
     "rechnung|rechnungsnummer|auftrag|auftragsnummer|vorgang|vorgangsnummer|aktenzeichen|"
     "kundennummer|artikel|artikelnummer|seriennummer|lieferung|lieferschein|referenz|"
     "commande|colis|suivi|facture|dossier|livraison|article|expedition|numero client|"
     "pedido|envio|seguimiento|factura|referencia|expediente|articulo|paquete|rastreo|"
     "bestelling|bestelnummer|zending|zendingsnummer|factuur|factuurnummer|ordernummer|pakket|"
     "klantnummer|serienummer|artikelnummer|levering|"
     "ordine|spedizione|fattura|tracciamento|pacco|articolo|riferimento|"
     "zamowienie|zamówienia|zamówienie|przesyłka|przesyłki|faktura|faktury|paczka|paczki|"
     "encomenda|fatura|siparis|kargo|takip|sipariş"},
    {kCueVersion,
     "version|versions|build|release|firmware|revision|rev|v|ver|patch|update|upgrade|driver|"
     "sdk|kernel|versie|versione|wersja|surum|versiones|versao|upgraded|updated"},
};

// Open addressing by the hash of the word; 64 bits tell the words of the list apart.
class Lexicon {
 public:
  Lexicon() {
    for (const CueWords& entry : kLexicon) {
      std::string_view rest = entry.words;
      while (!rest.empty()) {
        const std::string_view word = rest.substr(0, rest.find('|'));
        rest.remove_prefix(std::min(rest.size(), word.size() + 1));
        const uint64_t hash = fnv1a64(word);
        Slot& slot = slots_[slot_of(hash)];
        slot.hash = hash;
        slot.mask |= entry.mask;
      }
    }
  }

  CueMask find(uint64_t hash) const { return slots_[slot_of(hash)].mask; }

 private:
  static constexpr size_t kNumSlots = 4096;  // a power of two, several times the number of words

  struct Slot {
    uint64_t hash = 0;
    CueMask mask = 0;
  };

  // The slot that holds `hash`, or the free one where it belongs.
  size_t slot_of(uint64_t hash) const {
    size_t i = mix64(hash) % kNumSlots;
    while (slots_[i].hash != hash && slots_[i].mask != 0) i = (i + 1) % kNumSlots;
    return i;
  }

  std::array<Slot, kNumSlots> slots_{};
};

}  // namespace

CueMask cue_of_hash(uint64_t hash) {
  static const auto& lexicon = *new Lexicon();
  return lexicon.find(hash);
}

}  // namespace ganglion
