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
