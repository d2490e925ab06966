"""The project's own conventions: one entry where the public material lacks the fact, each replaceable by the official one.

Cited as `vgm:<name>`; a test checks that every such citation resolves here.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Convention:
    """What the project decided, why, and what would replace it."""

    name: str
    decision: str
    reason: str
    replaced_by: str


CONVENTIONS: tuple[Convention, ...] = (
    Convention(
        "invoice-number",
        "B2 invoice number = year (2 digits) + day of the year (3) + serial number of that day (4): one to one with "
        "the sheet's identity under one billing number.",
        "[0230] is 9 digits while the order of 1998 identifies a sheet by its date and its serial number for "
        "that date.",
        "the SESAM-Vitale numbering rule",
    ),
    Convention(
        "finding-code",
        "A finding's code is an area letter and three digits, so that it fits NOEMIE 294 [rejection_code].",
        "the official table of rejection codes was not found",
        "the NOEMIE rejection code table",
    ),
    Convention(
        "exit-codes",
        "A command ends with 0 done, 1 error findings or a broken invariant, 2 usage, 3 unreadable input, 4 environment "
        "(port, disk, newer state), 130 interrupted, 141 when the program that read its output ended first.",
        "a script must tell a refused file from a machine that cannot work",
        "nothing: it belongs to this project",
    ),
    Convention(
        "peer-quirks",
        "What a named operator's server answers against the norms is one dated line of the reply tables, "
        "above the norms.",
        "large operators tell a closed service or a rate limit with the words of a wrong password",
        "that operator's documentation, when it exists",
    ),
    Convention(
        "pop3-words",
        "A POP3 refusal without a response code is judged by its words: closed, busy, else wrong credentials at login.",
        "RFC 1939 gives refusals no code and RFC 3206 is not everywhere",
        "response codes (RFC 3206) at that operator",
    ),
    Convention(
        "retry-schedule",
        "Waits double from a first to a longest one per kind of failure, lengthened by chance, without any "
        "number of tries.",
        "no default budget of common mail software would have outlived the outage of 2022",
        "nothing: it belongs to this project",
    ),
    Convention(
        "two-ways",
        "A practice should have two operators for sending and two for collecting; one only is a warning.",
        "one operator's decision stopped 20,000 practices in April 2022",
        "nothing: it belongs to this project",
    ),
    Convention(
        "message-size",
        "A mail server of this project takes messages of at most 20 MiB, a practice collects at most as much.",
        "the largest lot stays far below, and an unbounded message is an attack",
        "the limit of ETS-DT-001, if it sets one",
    ),
    Convention(
        "operator-control",
        "The embedded operator is steered by one JSON line per request on a loopback port, with the token of its state "
        "directory; it is part of the demo and the simulator, not of any real operator.",
        "it must work alike on Linux, macOS and Windows, and answer only when done",
        "nothing: it belongs to this project",
    ),
    Convention(
        "bounded-reading",
        "Input is read in bounded memory: a largest size, a largest decompression ratio, a longest passage without a record, "
        "a largest number of unreadable records, all parameters of the reader.",
        "a stranger's file may be a 2 GB line or a zip bomb",
        "nothing: it belongs to this project",
    ),
    Convention(
        "toolkit-reading",
        "The toolkit reads files of any size in bounded memory, those of a folder in the order of their names, hidden ones left "
        "out, and of a message the first part that is a B2 or NOEMIE file. It opens gzip to 200 times its size beyond 64 MiB, "
        "searches 1 MiB for the next record, and keeps 10,000 faults.",
        "a billing office points it at what it has: years of files, saved messages, pipes; a stranger's bomb must still end",
        "nothing: it belongs to this project",
    ),
    Convention(
        "anonymised-b2",
        "An anonymised copy keeps acts, amounts, funds, structure, sex and year of birth; every identifier, name, date and "
        "free text is replaced, consistently in the file, by a keyed hash; what cannot be understood is blanked; fictitious "
        "numbers start with 99, fictitious NIR have communes 990 to 999, dates move by 1 to 52 weeks.",
        "a vendor must be able to reproduce a rejection without knowing whom it concerns; rare acts may still tell much, so "
        "the copy is for a named recipient, not for publication",
        "a recommendation of the data protection authority for such files",
    ),
    Convention(
        "two-digit-years",
        "A date of two-digit year lies in 1970-2069; a birth date is the latest one that is not after the first care date, "
        "unless the signed sheet gives its century.",
        "B2 and NOEMIE write AAMMJJ",
        "the rule of the B2 text",
    ),
    Convention(
        "b2-4s-66",
        "Bytes 66-70 of record 4S are written as zeros and read without judging them.",
        "06-TF jumps from 65 to 71",
        "the B2 text, which may put a hospital coefficient there",
    ),
    Convention(
        "b2-3s-filler",
        "The last filler of record 3S has 13 bytes.",
        "06-TF prints 16, which would end at 131",
        "a corrected edition of 06-TF",
    ),
    Convention(
        "b2-private-practice",
        "A table says what a self-employed practice writes in each mandatory field of records made for "
        "hospitals, and why.",
        "the only public text of the invoice records is the hospitals'",
        "the SESAM-Vitale annex for self-employed professionals",
    ),
    Convention(
        "b2-lot-totals",
        "In record 6 the first total is what was charged, the second the funds' share; a second total equal to the first is "
        "accepted; the third is zero and not read.",
        "the sub-fields of record 6 are not confirmed; one known writer puts the same total twice",
        "the B2 text of record 6",
    ),
    Convention(
        "b2-settlement",
        "[2S48] payment recipient: 00 the professional (tiers payant), 01 the insured person (who paid).",
        "the code list was not found; hospitals write 00 only",
        "the B2 code list of payment recipients",
    ),
    Convention(
        "b2-prior-agreement",
        "[4S55] prior agreement code: 0 not asked, 1 asked on the date of [4S49].",
        "the code list was not found",
        "the B2 code list of prior agreement",
    ),
    Convention(
        "b2-ccam-act-code",
        "A CCAM line writes in record 4 its grouping code where the tariff knows it, else CCAM; the act "
        "itself stands in its 4M.",
        "the price table holds few grouping codes",
        "the grouping code of every CCAM act",
    ),
    Convention(
        "b2-frame-records",
        "What the fields of records 000, 1, 6 and 999 hold is checked, but what is found there is `unverified` in the toolkit and "
        "never fails a file; a wrong length or order of these records does.",
        "their layouts come from one independent implementation",
        "the B2 text of file and lot records",
    ),
    Convention(
        "b2-birth-century",
        "A birth date on six digits is read in the last hundred years before the day of the file.",
        "the record has no century; a patient of a hundred years or more is rare, so what follows from it is a warning",
        "nothing: the field has two digits of year",
    ),
    Convention(
        "b2-one-execution-date",
        "Lines without a prescriber other than their performer are expected on one day; different days are said, never refused.",
        "an invoice has one execution date but for acts in series, and no field says which acts are a series",
        "the list of acts in series",
    ),
    Convention(
        "b2-base",
        "The base of a line 4 without 4M is price x quantity x coefficient, half a cent up, and at least that with a majoration; "
        "an absent quantity or coefficient counts as 1; a fee below that may be the base, which is said; bytes 66-70 of a 4S "
        "switch the check off.",
        "the formula is the hospitals'; the flat amount of a majoration stands in no field",
        "the base rules of self-employed professionals",
    ),
    Convention(
        "b2-ccam-base",
        "The base of a line 4 with one 4M, without modifier, supplement or coefficient, is compared with price x association; a "
        "difference is `unverified`.",
        "the coefficient CT of the formula was read as 1 when absent, and the base of acts in several sessions was not found",
        "the valuation rules of CCAM acts",
    ),
    Convention(
        "b2-hospital-base",
        "The base of a line 3 is compared with price x quantity x both coefficients, absent ones counting as 1; a difference is "
        "`unverified`.",
        "the formula of hospital lines was not found",
        "the valuation rules of hospital stays and forfaits",
    ),
    Convention(
        "b2-complement-totals",
        "Totals of records 3F, 3H and 4H are compared with unit amount x quantity, times the split coefficient if there is one; a "
        "difference is `unverified`.",
        "only the labels of these fields say so",
        "the B2 text of devices and medicines",
    ),
    Convention(
        "b2-same-content",
        "Two invoices of a file are the same care billed twice when their records are equal but for the invoice number, wherever "
        "it stands; a warning.",
        "the same acts may be done twice in a day",
        "nothing: only the professional knows",
    ),
    Convention(
        "toolkit-findings",
        "A check keeps the first 100 findings of each code and counts the others exactly. Bytes after the last record, a warning "
        "to a payer, are an error there: a second file joined to the first would pass unread.",
        "a file of a million faults must not fill the memory, nor the screen",
        "nothing",
    ),
    Convention(
        "arl-records",
        "An acknowledgement is a sequence of 128-byte records without separator: A1 the lot and its counts, one A2 per sheet that "
        "is not plainly registered, A9 the count. Instants are UTC, to the second.",
        "the record layout of the ARL was not found",
        "the official ARL record",
    ),
    Convention(
        "noemie-return",
        "A return is 000, 040, 071, 081, then per lot 080 and per invoice 102, 103, 150, 198, 199 when a complementary share is "
        "due, 210 per line, 294 per rejection and 295 for its next step, then 990 and 999.",
        "the entity sequence of the official returns (908, 580/900) was not found",
        "the NOEMIE specification for health professionals",
    ),
    Convention(
        "answer-label",
        "In an answer a code is followed by a label of a few French words, at most 64 characters, written for the professional; "
        "what does not fit ends after a word with three dots. The practice that knows the code shows its message and next step.",
        "a professional must understand a rejection; what travels has room for a code and a few words only",
        "the national list of rejection codes and labels",
    ),
    Convention(
        "noemie-order",
        "In anyone's return, 000 comes first and 999 last; 010 to 081 and 990 close an invoice, 100 or 102 opens one; 103 to 220, "
        "290 and 294 belong to an open invoice, 120 follows a 110; 250, 261, 262 and 295 may stand anywhere.",
        "the dictionary of entities says nothing of their sequence beyond its groups",
        "the NOEMIE specification of each reference (908, 580/900)",
    ),
    Convention(
        "noemie-checking",
        "What rests on the dictionary of entities alone is told as unverified and fails no return. A total or count is doubted "
        "only when no reading of it holds: with or without the complementary share, lump payments and retentions; invoices or "
        "lots; with or without the ends.",
        "one source of the dictionary was found, unconfirmed, and it does not say what a total covers",
        "the NOEMIE specification",
    ),
    Convention(
        "noemie-coefficient",
        "The coefficients of entities 210 and 220 have two implied decimals.",
        "the source gives none; [0365], of the same size, has two",
        "the NOEMIE dictionary",
    ),
    Convention(
        "authority-role",
        "A certificate's role (professional, card, fund, station) is that of the authority that issued it, written there as "
        "one certificate policy under 2.25.334142202817358070128577815479087260087 (.1 to .4).",
        "one authority per role means one place to check, and a leaf certificate cannot claim more than its issuer was given; "
        "a policy is what RFC 5280 lets an authority's certificate bound",
        "the certificate profiles of the CPS and of the funds",
    ),
    Convention(
        "certificate-subject",
        "The subject's serialNumber is the RPPS (11 digits) of a professional or the identifier of a delegated card, the serial "
        "of a patient's card (never a NIR), the 9-digit code of a fund, billing number and station number of "
        "a station.",
        "a certificate travels in the open before it is sealed, so it holds nothing readable about a patient",
        "the certificate profiles of the CPS and of the funds",
    ),
    Convention(
        "signing-clock",
        "A certificate is judged at signing time; a signing time more than 10 minutes after the receipt is refused, and a "
        "revocation between signing time and first receipt holds the message or sheet for a person.",
        "an outage may outlast a certificate, and the signing time is the signer's word",
        "a time-stamping authority",
    ),
    Convention(
        "seal-algorithms",
        "Written: one signature, RSA PKCS#1 v1.5 or ECDSA P-256 with SHA-256, then AES-256-CBC with RSA PKCS#1 v1.5 key "
        "transport. Read besides: SHA-384 and SHA-512, RSA-PSS, RSA-OAEP, AES-128 and 192, AES-GCM, BER.",
        "what every deployed S/MIME tool reads; anything weaker (triple DES, SHA-1 signatures, RSA under 2048 "
        "bits) is refused",
        "the algorithms of ETS-DT-001",
    ),
    Convention(
        "sealed-digest",
        "A sealed message is named by the SHA-256 of its CMS envelope, without base64 and headers.",
        "the same sealed bytes travel by several ways, each with its own transport headers",
        "nothing: it belongs to this project",
    ),
    Convention(
        "lot-message",
        "Inside the signature: multipart/mixed of binary parts: a JSON manifest (application/vnd.vaguemestre.lot+json), the B2 "
        "file (application/EDI-consent, IRIS/B2/Z) and the sheet signatures; an answer has its own manifest "
        "(application/vnd.vaguemestre.answer+json) and one part described ARL or NOEMIE. A single part is a "
        "carried B2 file.",
        "the order of 1998 asks for one message per destination and does not say how signatures travel",
        "the SESAM-Vitale message format",
    ),
    Convention(
        "sheet-signatures",
        "A card signs `VGM-SHEET-1`, the signing time, a JSON header and the sheet's B2 records. A lot carries one table of raw "
        "signatures (version 1: big-endian, magic VGMS) with each certificate once.",
        "a raw signature verifies six times faster than a CMS per sheet, and each sheet stays verifiable alone",
        "the SESAM-Vitale signature format",
    ),
    Convention(
        "mail-subject",
        "`IR` version (6) / billing number, left-filled to 14 / UTC timestamp (14) / number of sheets (5).",
        "ETS-DT-001 names the fields; their exact forms are known from one implementation only",
        "ETS-DT-001",
    ),
    Convention(
        "recipient-certificate",
        "Sealing to an expired encryption certificate is a warning, to a revoked one an error.",
        "the payer keeps every decryption key for the claim's life, and an outage must not stop sealing",
        "nothing: it belongs to this project",
    ),
    Convention(
        "trust-directory",
        "Whom one believes: a directory of authority certificates (PEM or DER) and revocations.json.",
        "it can be read, copied and compared by hand",
        "a national trust list",
    ),
    Convention(
        "revocation-list",
        "revocations.json: version 1, entries of issuer's SHA-256 fingerprint, serial (hexadecimal), instant, reason; it also "
        "travels in the payer's signed bundle.",
        "a CRL has no place for the instant from which a key was compromised apart from its own date",
        "RFC 5280 CRLs of the real authorities",
    ),
    Convention(
        "key-file",
        "A key file is PKCS#12, or PEM with key and certificate in one file or the certificate beside it as .crt.",
        "the forms that existing tools write",
        "a PKCS#11 token",
    ),
    Convention(
        "restore-jump",
        "Three quarters of a station's serials serve ordinary days; the rest is ten tranches, one for each restore of that day. "
        "A restore also moves lot numbers on by 307. The second place counts restores.",
        "after a restore nobody knows which numbers were given since the backup, and a number is never given twice",
        "nothing: it belongs to this project",
    ),
    Convention(
        "restore-asks",
        "A restore in the place of a store that opens and was changed after the backup is refused unless it is asked for by name. "
        "The former store is always kept aside; out of it, sheets that only it knows are taken back under their numbers and "
        "signatures, and go to the payer again, who counts a sheet once.",
        "a backup is put back by hand, under pressure, and a sheet that nobody sends is care that nobody pays",
        "nothing: it belongs to this project",
    ),
    Convention(
        "lot-number",
        "Lots are numbered 001 to 999 per billing number and destination, then around again, never a number still open; a lot's "
        "identity is (billing number, destination, day, number).",
        "the lot numbering rules of ETS-DT-003 were not found",
        "ETS-DT-003",
    ),
    Convention(
        "carried",
        "A B2 file made by other software travels as it is, under the lot's signature only; its sheets are named by billing "
        "number, invoice number and year of care, and a refused file can only be made again there.",
        "its sheets were never signed one by one, and their numbers follow another rule",
        "the certified software's own sending",
    ),
    Convention(
        "quarantine",
        "A message that cannot be read or believed is kept encrypted, without effect, and shown; it is "
        "deleted from the mailbox.",
        "nothing that the payer sent may be lost, and nothing unsigned may act",
        "nothing: it belongs to this project",
    ),
    Convention(
        "cancel",
        "A sheet may be cancelled by its author until the first attempt to hand its lot over; its number is "
        "never given again.",
        "from that attempt on the payer may have it",
        "the cancellation rules of SESAM-Vitale",
    ),
    Convention(
        "correction",
        "Only a rejected sheet is corrected: the new sheet has a new number and names the old one; one "
        "correction at a time.",
        "fides says that a rejected invoice is sent again under a new number; both are one claim",
        "the correction rules of SESAM-Vitale",
    ),
    Convention(
        "backup",
        "The whole store is copied to a second directory after each round of work, encrypted with the store's key, written aside "
        "then renamed, several generations kept; that place counts restores.",
        "css:R161-47 asks the professional to keep the double of each sheet, whatever happens to the machine",
        "nothing: it belongs to this project",
    ),
    Convention(
        "practice-purge",
        "Once the keeping time has passed since it was sent, an ended sheet keeps its number, dates, amounts and outcome; its "
        "signed bytes, name, trace, reasons, patient's hash and answers are erased when a person asks. A rejected sheet that "
        "nothing corrects stays until the claim lapses.",
        "css:R161-47 asks to keep 90 days and says nothing of afterwards; nothing of a patient is kept without a reason",
        "the data protection authority's word on how long a practice may keep a sheet",
    ),
    Convention(
        "store-key",
        "A store is encrypted with a key of 32 bytes kept outside its directory, plain or wrapped by a passphrase; only the demo "
        "puts it beside the store, and says so.",
        "who steals a machine or a backup must not read patients",
        "nothing: it belongs to this project",
    ),
    Convention(
        "sheet-name",
        "A sheet is printed as billing number, day made up and serial, between slashes; a carried one as billing number, year of "
        "care and invoice number.",
        "a person must be able to say it on the telephone",
        "nothing: it belongs to this project",
    ),
    Convention(
        "message-set-aside",
        "A message on which the payer's own software failed three times is set aside, intact, for a person.",
        "a fault of ours must neither lose a message nor stop those behind it",
        "nothing: it belongs to this project",
    ),
    Convention(
        "claim-key",
        "A probable double is another identity with the same beneficiary, performer (RPPS, else billing number), day and act code "
        "as a live sheet; only a keyed hash of the four is kept. An act that was refused frees its key.",
        "an ordinary paper sheet or a re-bill bears another number than the electronic sheet",
        "the double-billing controls of the funds",
    ),
    Convention(
        "one-claim",
        "A sheet and the corrected sheets that name it, directly or in a chain, are one claim; at most one of "
        "them is accepted.",
        "fides says that a rejected invoice is sent again under a new number",
        "the correction rules of SESAM-Vitale",
    ),
    Convention(
        "retired-identity",
        "Three years after its receipt an ended sheet is replaced by keyed hashes of its identity, content and claim, and its "
        "outcome; a duplicate is recognised for ever.",
        "mess9821498a:2 says three years for messages; article 26 of decree 86-1309 on sheets was not read",
        "article 26 of decree 86-1309",
    ),
    Convention(
        "hold",
        "A held sheet is registered and acknowledged; nothing is decided or paid before a named person accepts or refuses it, "
        "which the trace keeps. Delays run on meanwhile.",
        "a machine never pays a probable double and never refuses one either",
        "the funds' internal control procedures",
    ),
    Convention(
        "paper-sheet",
        "An ordinary paper sheet is typed by the payer's clerk with the number P0001 to P9999 of the day; a degraded sheet's "
        "parallel paper bears the electronic number and is never typed again.",
        "paper has no serial number of its own in public material",
        "the funds' paper capture",
    ),
    Convention(
        "paper-answer",
        "A paper sheet under tiers payant is answered by a return of type 02, with its P number as invoice number, to a payee who "
        "reads answers; by a letter to print for one who does not.",
        "mess9821498a:5 wants a report of what is paid or rejected, and noemie:081 has a type for paper; nothing says how a "
        "practice without software is told",
        "the funds' payment slips",
    ),
    Convention(
        "fund-address",
        "A fund reads mail at <scheme><fund>@<fund>.<scheme>.rss.<domain>; the centre is not part of the address.",
        "ETS-DT-001 names RRCCC@CCC.RR.rss.fr",
        "the SESAM-Vitale directory",
    ),
    Convention(
        "fund-keys",
        "Each fund has one signing key and any number of decryption keys, each with its certificate, in keys/<fund code>; no "
        "decryption key is ever removed.",
        "an outage may last longer than a certificate",
        "a hardware security module",
    ),
    Convention(
        "return-addresses",
        "An acknowledgement goes to the return addresses of its lot; a return goes to those of the payee's latest signed lot. A "
        "carried lot names none: it is answered at the last known ones and at the envelope's sender, where its returns go too as "
        "long as no signed lot of the payee named addresses.",
        "the operator through which a lot came may be closed when its answers come back",
        "the SESAM-Vitale directory",
    ),
    Convention(
        "returns-again",
        "Asked by a person, the payer sends a payee's past returns again: the same bytes, or the same return under the same "
        "identity sealed to the station's new certificate when it is younger than the return. The practice posts a return once.",
        "a disk may die after it read a return, and its store be restored from before; its key may be lost with it",
        "nothing: it belongs to this project",
    ),
    Convention(
        "patient-statement",
        "A patient reads the statement of the persons on a card by having the card's key sign a fresh challenge; nothing else of "
        "the payer is shown.",
        "mess9821498a:6 gives the insured access without saying how to prove who asks",
        "the funds' online account",
    ),
    Convention(
        "patient-receipt",
        "A receipt is the signed sheet itself, as the practice gave it to the patient in a file.",
        "only a signed receipt tells of a sheet that the payer has not received",
        "nothing: it belongs to this project",
    ),
    Convention(
        "forwarded-sheet",
        "A sheet whose patient depended on a fund of another insurer is forwarded when that fund's certificate is known here: its "
        "archived records and signatures under a manifest, signed by the fund that had it, encrypted to the other; once only, and "
        "never a carried or a paper sheet. The other fund registers it under its own identity, as received on its own day. Both "
        "tell the practice in an acknowledgement of kind F, which speaks of the sheet named only.",
        "mess9821498a:7 allows a signed and encrypted message, with the recipient corrected, and gives it no form; a carried "
        "sheet is not verifiable alone",
        "the funds' own forwarding",
    ),
    Convention(
        "register-file",
        "The payer's register is filled from JSON files: lists of persons, cards, professionals, payees, stations and mandates, "
        "in the canonical form of this project's documents.",
        "a fund's real register is fed by other systems",
        "the funds' internal interfaces",
    ),
    Convention(
        "penalty-due",
        "The days of late payment count from the day of first receipt to the day of payment, held sheets included; the penalty is "
        "written on the day of payment and paid from the first day of the next half-year.",
        "css:D161-13-3 does not say what starts the seven days",
        "the funds' published method",
    ),
    Convention(
        "tariff-unverified",
        "A price without a first day, or with a doubt, is used and marked unverified (T005, tariff show --unverified); an act "
        "without a price on its day is refused.",
        "public tables give many prices without dates",
        "the dated tables of the national fund",
    ),
    Convention(
        "tariff-zone",
        "Prices are those of the practice's place, told by the first two digits of its billing number; 97 and "
        "98 have none.",
        "overseas prices differ and were not found",
        "the tariff zones of B2 annex 21",
    ),
    Convention(
        "quantity-sittings",
        "A line's quantity counts sittings of the same act on one day; acts done together are lines with the "
        "same sitting.",
        "article 11 B speaks of a sitting, which no field of the sheet carries",
        "the time of the act, when the norm carries it",
    ),
    Convention(
        "half-coefficient",
        "The half of a second act's coefficient is rounded half up to two decimals, and the base is computed from it.",
        "[0483] has two decimals, and every reader must find the same base",
        "the rounding rule of the national fund",
    ),
    Convention(
        "care-kind",
        "A nurse's act's pathology may say perfusion, pansement lourd, insuline or ponction: read by article "
        "11 B's exceptions.",
        "the same letter and coefficient stand for several kinds of care",
        "the act codes by kind of care, when the nomenclature has them",
    ),
    Convention(
        "charged-below-tariff",
        "When the fee is below the tariff, the base is the fee.",
        "health insurance reimburses a cost that was borne; the rule's article was not read",
        "the article of the code",
    ),
    Convention(
        "outside-pathway-exempt",
        "The decrease outside the care pathway is not applied to a line covered in full; such a line is "
        "marked unverified (T052).",
        "the hospital specification excludes work accident, maternity, long-term illness and scheme 07, while css:R160-6 lets "
        "exempt insured bear it, and an exemption code implies 100 %",
        "the funds' rule for exempt insured outside the pathway",
    ),
    Convention(
        "complementary-named",
        "The complementary share is the base less the fund's share when a complementary insurer is named or under the solidarity "
        "cover; the 24 EUR stay with the patient except under the solidarity cover.",
        "the contract's guarantees are not known here",
        "the complementary insurer's own computation",
    ),
    Convention(
        "claim-check",
        "The payer pays line by line the smaller of what is claimed and what its own prices and rates give.",
        "no rule was found for a difference of a few cents",
        "the funds' settlement rules",
    ),
    Convention(
        "retention-dates",
        "A retention's amount and daily ceiling are those of the day of care, its yearly ceiling counts by "
        "the year of payment.",
        "the code dates the ceilings by reimbursement and says nothing of the unit",
        "the funds' rule for the days around a change",
    ),
    Convention(
        "retention-military",
        "A military pensioner is not told from other exempt insured (code 5): the retentions are made.",
        "the sheet carries one code for pension, invalidity and other grounds",
        "the rights read from the insured's file",
    ),
    Convention(
        "maternity-window",
        "Nothing is retained from five months after the presumed start to twelve days after birth; with the delivery alone the "
        "pregnancy is taken as nine months, with no date maternity care is exempt.",
        "a sheet gives one of the two dates (mess9821497a item 8)",
        "the maternity period of the insured's rights",
    ),
    Convention(
        "working-days",
        "Working days are jours ouvrés: Monday to Friday, less the holidays that the law lists for the territory; "
        "the starting day does not count. Customary days off are working days; a place without its own calendar "
        "gets metropolitan France's.",
        "the texts say working days without a calendar; the choice never makes a sender's deadline later than "
        "another reading",
        "the calendar of the national agreements, if one is ever given",
    ),
    Convention(
        "nir-first-digit",
        "The first digit of a NIR may be 1 to 8: 1 and 2 definitive, the others provisional or a passage; the "
        "middle is not judged beyond its form.",
        "only 1, 2, 5 and 6 are documented, and refusing a real person's number costs more than the key lets through",
        "the NIR specification of the national directory",
    ),
    Convention(
        "acknowledgement-alarm",
        "A missing acknowledgement is an alarm after 2 working days, and 2 more are given for sending again.",
        "this timer stood in an older version of css:R161-47 and is in no present text",
        "the SESAM-Vitale specification, if it restates it",
    ),
    Convention(
        "payment-start",
        "The 7 working days for paying tiers payant start on the day the payer received the message.",
        "css:D161-13-3 does not say what starts them; a secondary source reads transmission",
        "the text of the decree, if it is completed",
    ),
    Convention(
        "solidarity-start",
        "Under the solidarity cover the 7 days count from the day of receipt, and the 21 days of a paper sheet from its "
        "completion; payment leaves on the last working day that keeps them, and never later than an ordinary sheet's. The 15 "
        "days more for paper that reached another body are not used.",
        "css:D861-6 counts from the acknowledgement, which leaves when the message is taken in, and from a sending that a clerk "
        "does not know: both are never earlier",
        "the postmark, when it is captured",
    ),
    Convention(
        "bundle-age",
        "The payer's bundle is warned of when older than 3 days; it is used all the same, at any age.",
        "opposition lists are daily since 2009, and an outage must not stop the work",
        "nothing: it belongs to this project",
    ),
    Convention(
        "card-serial",
        "A card's serial is ten digits, never the NIR.",
        "the serial's form was not found; ten digits sort alike as text and as numbers",
        "the format of the opposition list",
    ),
    Convention(
        "card-file",
        "A patient's card is a JSON file: the content signed by the payer's card authority, the card's "
        "certificate and, for the demonstration only, its secret key.",
        "no real card can be read here; the content is that of css:R161-33-1 and css:R161-33-6, without the photograph",
        "a real reader behind the same interface",
    ),
    Convention(
        "without-card",
        "The codes TCG, TC, TE2 and TMK show remote care by themselves; every other case of css:R161-43-1 is declared.",
        "the list of acts given at a distance is not in the texts",
        "the list of the national agreements",
    ),
    Convention(
        "mandates",
        "A mandate names its holder (rpps/, card/, station/ or concentrator/ and a number), the billing number, "
        "what may be done (sign, send, collect) and from when to when, the end excluded; a machine never signs "
        "sheets.",
        "the texts allow employees, locums and concentrators without giving a form to their powers",
        "the directory of the card issuer",
    ),
    Convention(
        "store-twin",
        "A sheet or lot that a station of this practice made after the day of its last restore (without any, after its first "
        "sheet), and that the store does not know, was made by a copy of the store: told as such, and never applied to a lot of "
        "the same number.",
        "a restore explains only what was made before it; a copied store gives the same numbers twice and takes the other's "
        "answers away",
        "nothing: it belongs to this project",
    ),
    Convention(
        "stations",
        "A station is named by its billing number and a rank (751990110-01) and owns serial numbers that no other "
        "station of that billing number has.",
        "the order of 1998 counts sheets by day and says nothing of several machines",
        "the SESAM-Vitale numbering rule",
    ),
    Convention(
        "station-serials",
        "The payer refuses a serial that another station of the same billing number owns, and holds for a person one that no "
        "station owns.",
        "a number taken by the wrong station would make its owner's sheet a conflict; a range may change while sheets wait",
        "the SESAM-Vitale numbering rule",
    ),
    Convention(
        "bundle",
        "The payer publishes addresses, certificates, revocations, opposition list, mandates and stations as one "
        "canonical JSON document in a CMS signature of the fund, numbered and dated.",
        "the real sources (LDAP directory, lists by mail) are several and not all documented",
        "the SESAM-Vitale directory",
    ),
    Convention(
        "bundle-sending",
        "The payer mails its signed bundle, sealed to each station that writes to it, to all of its return addresses: when what it "
        "says changed, and anew once the last is one day old. Only the newest waits for an address; the very first one is handed "
        "over by other means.",
        "opposition lists are daily since 2009, and the bundle names professionals and cards, which whoever carries it need not "
        "read",
        "the SESAM-Vitale directory",
    ),
    Convention(
        "prescriber-needed",
        "Sheets of auxiliaries, laboratories, pharmacies, transport and suppliers name a prescriber; under direct "
        "access the performer names himself.",
        "the acts that need no prescription are not listed in the material read",
        "the lists of the national agreements",
    ),
    Convention(
        "sheet-checks",
        "The payer accepts a sheet dated one day after its own local day.",
        "overseas the day starts up to three hours earlier than in Paris",
        "nothing: it belongs to this project",
    ),
    Convention(
        "entry-format",
        "Sheets are entered as CSV (one line per act) or JSON with the columns of tables.entry_columns, in UTF-8 "
        "or Windows-1252.",
        "there is no common format for keying sheets",
        "nothing: it belongs to this project",
    ),
    Convention(
        "recorded-twice",
        "The same row of a file (its reference and all that it says) is recorded once until its sheet is cancelled; a sheet of the "
        "same billing number, patient, performer, days and acts as another that is not cancelled is recorded with a warning.",
        "no text says what a practice's software does with a visit entered twice; the payer holds the second as a probable double",
        "nothing: it belongs to this project",
    ),
    Convention(
        "carried-identity",
        "An invoice made by other software is identified by its billing number, its nine-digit number and its year of care; as a "
        "sheet it bears that number, no serial, and 1 January of that year.",
        "other software numbers its invoices in its own way, and may start again every year",
        "the SESAM-Vitale numbering rule",
    ),
    Convention(
        "b2-json",
        "A B2 file as one JSON document (format vaguemestre.b2, version 1): header, lots (head, invoices, tail), trailer; a "
        "record is an object with its type and its fields by name, amounts as whole cents in names that end with _cents, days as "
        "ISO text, coefficients as text; an absent text or day is left out; `raw` holds the bytes of a field where its value does "
        "not say them. The lines form has one record per line, with its number, lot and invoice.",
        "the norm knows bytes only, and no common JSON form of B2 was found",
        "nothing: it belongs to this project",
    ),
    Convention(
        "b2-tables",
        "A B2 file as tables: one per record type, every field but constants and fillers a column, keyed by file, record_number, "
        "lot, invoice and line (counted from 1 in the file; line in its invoice); `raw` holds the whole record where the columns "
        "do not say all of its bytes.",
        "tables need keys that the norm leaves to the order of records",
        "nothing: it belongs to this project",
    ),
    Convention(
        "demo-people",
        "The people of the sample day and of the simulator bear commune numbers 990 to 999 (90 to 99 overseas).",
        "an invented person must not bear a real person's NIR: no commune has these numbers",
        "nothing: it belongs to this project",
    ),
)

BY_NAME: dict[str, Convention] = {entry.name: entry for entry in CONVENTIONS}
