# Erasing people, and what shows that they were.

# Erasing a person
erase-title = Erase { $name }
erase-warning = This cannot be undone
erase-warning-text = The person disappears from Entente at once and for good. You receive a certificate.
erase-how = Erase for good
erase-goes = What goes
erase-goes-rest = With them go all traits and consents, merges, open conflicts, refused calls and kept answers about the person.
erase-stays = Turnover and visitor figures stay: they name nobody. So does a line of the audit trail, with the profile’s id alone.
erase-backups = Backups made before may hold the person for up to 30 days. A restored backup is erased again before anybody reads it.
erase-reason = Reason
erase-reason-request = Request of the person
erase-reason-request-hint = The person asked for it.
erase-reason-retention = Retention
erase-reason-retention-hint = The data is no longer needed.
erase-reason-other = Other
erase-reason-other-hint = A duplicate, a test, a mistake.
erase-never = Never contact this person again
erase-never-hint = Only a keyed hash of each email address and phone number is kept, so that no import brings the consent back. Channels that the person refused are kept in any case.
erase-word = ERASE
erase-type-word = Type { $word } to confirm
erase-wrong-word = Type the word { $word }
erase-no-reason = Choose a reason
erase-do = Erase for good

# Erasures and their certificates
erasures-title = Erasures
erasures-note = Everybody who was erased, as the law asks you to be able to show. Nothing here tells who they were.
erasures-empty-title = Nobody was erased yet
erasures-empty-text = Open a person and choose “Erase…”. The certificate will be here.
erasures-empty-action = Open people
erasures-number = Number
erasures-state = State
erasures-asked-at = Asked for
erasures-asked-by = By
erasures-events = Events
erasure-begun = In progress
erasure-done = Done, genuine
erasure-forged = Changed
notice-person-erased = The person is erased
certificate-title = Certificate of erasure no. { $number }
certificate-print = Print
certificate-about = The erasure
certificate-id = Reference
certificate-done-at = Done
certificate-profiles = Profiles erased
certificate-code = Proof
certificate-code-note = Only the key file of this installation can make this code. It covers the reference, the dates, who asked, the reason, the profiles and what was erased.
certificate-no-code = The code is made when the erasure is done.
certificate-begun = Still in progress
certificate-begun-text = Nobody finds the person any more. What is left is being deleted; open this page again in a moment.
certificate-erased = What was erased
certificate-kept = What remains
certificate-backups = Backups made before may hold the person until { $date }. A restored backup is erased again before anybody reads it.
certificate-suppressed =
    { $count ->
        [0] No address was put on the suppression list.
        [one] One address is on the suppression list, as a keyed hash.
       *[other] { $count } addresses are on the suppression list, as keyed hashes.
    }
certificate-tombstone = Keyed hashes of the identifiers and the ids of the profiles are kept, to keep the person erased. They tell nobody who it was.
erased-events = Events
erased-profiles = Profiles
erased-identifiers = Identifiers
erased-orders = Orders
erased-order-lines = Order lines
erased-memberships = Places in segments
erased-merges = Merges
erased-conflicts = Conflicts
erased-dead-letters = Events set aside
erased-rejects = Refused calls
erased-kept-answers = Kept answers

# The views of privacy
privacy-title = Privacy

# Addresses that must not be written to again
suppressions-title = Do not contact
suppressions-note = Addresses of erased people that must never be written to again. Only keyed hashes are kept: nobody can read this list, but you can ask it.
suppressions-ask = Ask the list
suppressions-address = Email address or phone number
suppressions-address-hint = It is looked up and not kept.
suppressions-do-ask = Look it up
suppressions-no-address = This is no email address and no phone number
suppressions-absent = This address is not on the list.
suppressions-present = This address is on the list: do not contact it.
suppressions-since = Since { $date }. Only its owner’s own consent takes it off.
suppressions-list = What is on the list
suppressions-none = Nothing yet. Addresses come here when somebody is erased who had refused a channel, or who asked never to be contacted again.
suppressions-channel = Channel
suppressions-channel-email = Email
suppressions-channel-sms = SMS
suppressions-reason = Reason
suppressions-reason-refused = Had refused this channel
suppressions-reason-never_again = Asked never to be contacted again
suppressions-addresses = Addresses
suppressions-newest = Newest

# What is kept, of whom and why
register-title = What is kept
register-note = Every column of the database: whose it is, what for, by what right and how long. The program does not build when one is missing here. Use it for your record of processing (GDPR art. 30).
register-table = Table
register-columns = Columns
register-whose = Whose
register-whose-person = Customers and visitors
register-whose-member = Members
register-whose-shop = The shop
register-whose-figure = Nobody: sums
register-whose-technical = Nobody: technical
register-whose-tombstone = Keyed hashes and dates
register-retention = Kept
register-with-person = Until the person is erased
register-with-member = As long as the member has access
register-with-shop = As long as the shop
register-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
register-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
register-newest = The newest { $count } of each source
register-until-decided = Until applied or thrown away
register-erasing = On erasure
register-at-once = Deleted at once
register-in-steps = Deleted within minutes
register-runs-out = Runs out by itself
register-basis-consent = Consent (GDPR art. 6(1)(a))
register-basis-contract = Contract (GDPR art. 6(1)(b))
register-basis-obligation = Legal obligation (GDPR art. 6(1)(c))
register-basis-interest = Legitimate interest (GDPR art. 6(1)(f))
register-no-basis = No personal data
register-purpose-customers = Knowing and serving customers and visitors
register-purpose-orders = Orders and refunds
register-purpose-refusals = Respecting refusals
register-purpose-erasure = Proving erasures, and keeping them
register-purpose-integrity = Counting everything once
register-purpose-repair = Mending what was sent wrongly
register-purpose-access = Letting members in, and nobody else
register-purpose-accountability = Who did what
register-purpose-reports = Figures of the shop
register-purpose-operation = Settings and the program’s own work
