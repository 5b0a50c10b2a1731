# Signing in, members, account, settings and API keys.

# Roles
role-owner = Owner
role-owner-hint = May do everything, and decides who else may.
role-admin = Administrator
role-admin-hint = May do everything but change owners.
role-dpo = Data protection officer
role-dpo-hint = Sees, corrects and erases people, merges duplicates, sees who is a member.
role-marketer = Marketer
role-marketer-hint = Works with people and segments every day.
role-analyst = Analyst
role-analyst-hint = Builds segments and reads figures, without seeing who people are.
role-agent = Agent
role-agent-hint = Serves customers: sees and corrects people.
role-viewer = Viewer
role-viewer-hint = Looks, changes nothing, and does not see who people are.

# Fields
your-name = Your name
your-email = Your email address
password = Password
new-password = Choose a password
password-hint = At least 12 characters. Three or four unrelated words make a good one.
password-current = Your current password
save = Save
name-missing = Write a name.
name-too-long = Write a name of at most 100 characters.
email-malformed = Write an address such as ana@example.com.
date-malformed = Choose a day.
choose-from-list = Choose one from the list.
password-too-short = Choose a password of at least 12 characters.
password-too-long = Choose a password of at most 128 characters.
password-common = Guessers try this one first. Choose another.
password-made-of-names = This is made of names that everybody knows. Add a few words that nobody expects.
password-wrong = This is not the right password.

# Set-up
set-up-title = Welcome to Entente
set-up-intro = Tell us who you are and what your shop is called. You can change all of it later.
set-up-submit = Open my shop
shop-name = Name of the shop
shop-language = Language
shop-country = Country
shop-currency = Currency
shop-time-zone = Time zone

# Signing in
sign-in-title = Sign in
sign-in-submit = Sign in
sign-in-refused = The address or the password is not right.
sign-in-too-soon = Too many tries. Try again in { $duration }.
sign-in-password-reset = Your new password is set. Sign in with it.
sign-in-forgotten = Forgotten your password? An administrator of your shop can make you a link for a new one.

# Links that work once
join-title = Join { $shop }
join-intro = You are invited as { $email }, with this role: { $role }. Choose how you are called and a password.
join-intro-known = You are invited as { $email }, with this role: { $role }. You have an account here already: enter its password.
join-submit = Join
reset-title = Choose a new password
reset-intro = For { $email }. You will be signed out everywhere else.
reset-submit = Set this password
dead-link-title = This link no longer works
dead-invitation = It was used, withdrawn, or is older than seven days. Ask for a new invitation.
dead-reset = It was used, or is older than 30 minutes. Ask for a new one where you sign in, or from an administrator.
dead-sign-in-link = It was used already, is more than an hour old, or was opened on another machine.
enter-title = The demo shop
enter-intro = You are signed in as its owner, once, from this machine.
enter-submit = Enter the shop
shown-once = Copy it now: it is shown this once

# Members
members-title = Members
members-invite = Invite somebody
member-name = Name
member-email = Email
member-role = Role
member-last-seen = Last seen
member-actions = Actions
member-actions-of = Actions for { $name }
member-you = you
member-disabled = disabled
member-disable = Disable
member-enable = Enable again
member-remove = Remove from the shop
member-remove-title = Remove { $name }?
member-remove-text = They are signed out at once and can come back only by a new invitation.
member-reset-link = Link for a new password
member-second-factor = second factor
member-remove-second-factor = Remove the second factor
invite-who = Whom do you invite?
invite-submit = Make the invitation link
invitations-title = Open invitations
invitation-ends = Ends
invitation-withdraw = Withdraw
invitation-link-title = Invitation link
invitation-link-text = Hand this link over yourself, by mail or chat. It works once, for seven days.
reset-link-title = Link for a new password
reset-link-text = Hand this link over yourself, to the right person. It works once, for 30 minutes.
notice-role-changed = Role changed
notice-member-disabled = Member disabled and signed out
notice-member-enabled = Member may sign in again
notice-member-removed = Member removed
notice-invitation-withdrawn = Invitation withdrawn
notice-invitation-over = This invitation was used, withdrawn or out of date already
problem-last-owner = This is the last owner. Make somebody else an owner first.
problem-only-owners = Only an owner may make or change owners.
problem-signs-in-elsewhere = This person signs in to other shops too. The administrator of the server can help.
problem-no-such-member = This member is no longer here.
problem-no-such-key = This key is no longer here.
problem-already-member = This person is a member already.

# Account
account-title = Your account
account-person = You
account-preferences = How Entente looks
account-password = Password
password-change = Change password
sessions-title = Where you are signed in
sessions-end-others = Sign out everywhere else
session-device = Device
session-begun = Since
session-last-seen = Last seen
session-this = this one
session-end = Sign out
session-unknown-device = Unknown device
notice-name-saved = Name saved
notice-password-changed = Password changed; your other devices are signed out
notice-session-ended = Device signed out
notice-sessions-ended = All other devices are signed out
notice-preferences-saved = Saved
notice-second-factor-removed = Second factor removed
notice-security-saved = Saved; it counts from everybody’s next click

# The second factor
second-factor = Second factor
second-factor-intro = With a second factor, nobody signs in with your password alone: a code from an app on your phone is asked for too.
second-factor-app = Authenticator app
second-factor-begin = Set up an app
second-factor-scan = Scan this picture with an authenticator app (Aegis, 2FAS, Google Authenticator, a password manager …).
second-factor-picture = Picture for an authenticator app
second-factor-type = Without a camera, type this key into the app:
second-factor-first-code = Type the code that the app shows now.
second-factor-confirm = Switch the second factor on
second-factor-on = on
second-factor-since = since { $date }
second-factor-remove = Remove the app
second-factor-remove-title = Remove the authenticator app?
second-factor-remove-text = From then on your password alone lets in. Your other devices are signed out.
second-factor-owed = Your shop asks for a second factor
second-factor-owed-text = Set one up here; then everything else opens.
account-second-factor-on = It is on: nobody signs in with your password alone.
account-second-factor-change = Passkeys, recovery codes and changes
recovery-codes = Recovery codes
recovery-codes-text = Each signs you in once, after your password, when neither your passkey nor your phone is at hand. Keep them apart from both, on paper or in a password manager.
recovery-codes-kept = I have kept them
recovery-codes-renew = New recovery codes
recovery-codes-left = { $count ->
    [0] No recovery code is left. Make new ones before you need one.
    [one] One recovery code is left.
   *[other] { $count } recovery codes are left.
}
code = Code
code-wrong = This code is not right, or was used already. Wait for the next one.
second-step-title = One more step
second-step-intro = Type the code that your authenticator app shows.
second-step-lost = Nothing of that at hand? Type one of your recovery codes. If those are gone too, an administrator can remove your second factor.

# Proving anew
confirm-title = Is it still you?
confirm-intro = What you are about to do needs proof that it is still you. Then do it again; for ten minutes you are not asked.
confirm-submit = Go on

# Several shops
shops-title = Your shops
shops-change = Change shop
shop-open = Open
shop-this = open
account-open = Your account

# Security
security-title = Security
security-intro = Members with these roles can do nothing before they have a passkey or an authenticator app.
security-roles = Ask for a second factor

# The audit trail
audit-intro = Who did what, and when. Entries are chained: a change or a gap shows in entente doctor.
audit-who = Who
audit-what = What
audit-subject = Concerns
audit-detail = Details
audit-when = When
audit-everybody = Everybody
audit-everything = Everything
audit-system = Entente
audit-empty-title = Nothing here
audit-empty-text = No entry matches these choices.
audit-download = Download as CSV
audit-access-denied = Access denied
audit-api-key-created = API key created
audit-api-key-revoked = API key revoked
audit-audit-exported = Audit trail downloaded
audit-identity-conflict-decided = Identity conflict decided
audit-invitation-withdrawn = Invitation withdrawn
audit-member-added = Member added
audit-member-disabled = Member disabled
audit-member-enabled = Member enabled
audit-member-invited = Member invited
audit-member-joined = Member joined
audit-member-removed = Member removed
audit-member-role-changed = Role changed
audit-owner-created = Owner created on the command line
audit-password-changed = Password changed
audit-password-reset = Password chosen anew by link
audit-password-reset-link-made = Link for a new password made
audit-person-viewed = Person looked at
audit-person-erased = Person erased
audit-person-erased-again = Person erased again after a restore
audit-recovery-codes-renewed = Recovery codes renewed
audit-second-factor-refused = Wrong second factor
audit-second-factor-removed = Second factor removed
audit-second-factor-roles-changed = Roles with a second factor changed
audit-second-factor-set-up = Second factor set up
audit-segment-changed = Segment changed
audit-segment-created = Segment created
audit-segment-deleted = Segment deleted
audit-segment-restored = Segment restored
audit-settings-changed = Settings changed
audit-sign-in-refused = Wrong password
audit-signed-in = Signed in
audit-source-changed = Source changed
audit-dead-letters-retried = Events set aside applied again
audit-source-created = Source created
audit-source-switched-off = Source switched off
audit-source-switched-on = Source switched on
audit-workspace-created = Shop created
audit-workspace-set-up = Shop set up

# Settings
settings-title = Settings
settings-shop = Shop
settings-changed-meanwhile = Somebody else changed the settings meanwhile. Here is what they saved; make your changes again.
notice-settings-saved = Settings saved

# API keys
keys-title = API keys
keys-intro = For programs that read or write through the API. The snippet of your shop has its own key, under Sources.
keys-empty-title = No API key yet
keys-empty-text = A key lets a program of yours read profiles, build segments or send events.
key-create = New key
key-create-submit = Make the key
key-name = Name
key-name-hint = What will use it: “Warehouse”, “Nightly export”.
key-prefix = Begins with
key-scopes = May
key-last-used = Last used
key-expires = Ends after
key-expired = ended
key-revoke = Revoke
key-revoke-title = Revoke “{ $name }”?
key-revoke-text = Programs that use this key are refused from now on. It cannot be brought back.
key-revoked = revoked
key-secret-text = Only a digest of it is kept. If it is lost, make a new one.
key-no-scope = Choose at least one thing that the key may do.
key-expires-in-the-past = Choose a day that has not passed.
scope-events-write = send events
scope-profiles-read = read profiles
scope-profiles-write = read, change and merge profiles
scope-profiles-erase = erase people for good
scope-segments-read = read segments
scope-segments-write = read and change segments
notice-key-revoked = Key revoked

# Errors
error-sign-in-title = You are signed out
error-sign-in-text = Nothing was changed. Sign in, then do it again.
error-forbidden-title = Not for you
error-forbidden-text = Your role does not allow this, or the request did not come from a page of this installation. An administrator can help.
error-not-found-title = Nothing here
error-not-found-text = What was at this address is gone, or never was.
error-conflict-title = Somebody was faster
error-conflict-text = Somebody else changed this meanwhile. Go back, look, and try again.
error-too-large-title = Too large
error-too-large-text = What you sent is larger than this page takes.
error-too-many-title = Too fast
error-too-many-text = That was a lot in a short time. Wait a moment, then try again.
error-bad-request-title = That could not be read
error-bad-request-text = Something was missing or not as expected. Go back and try again.
error-unavailable-title = Just a moment
error-unavailable-text = The server is busy or restarting. Nothing was lost; try again in a moment.
error-internal-title = Something went wrong on our side
error-internal-text = It was noted. Try again; if it happens again, tell your administrator.
error-to-home = To the home page
error-to-sign-in = Sign in

# Signing in with an identity provider
sso-sign-in = Sign in with { $name }
sso-prove = Confirm with { $name }
sso-prove-intro = { $name } asks you to sign in once more. Then you come back to where you were.
sso-link = Link my account
sso-link-intro = Sign in at { $name } with the account that is yours. From then on it signs you in here.
sso-go-on = Go on to { $name }
sso-unlink = Remove the link
sso-linked-since = Your account at { $name } signs you in here, since { $since }.
sso-not-linked = You can sign in here with your account at { $name }.
notice-sso-linked = Linked: from now on you can sign in that way
notice-sso-unlinked = Link removed
problem-sso-gone = This sign-in took too long, was used already, or began in another browser. Begin again.
problem-sso-too-soon = Too many sign-ins began from your network. Wait a moment and begin again.
problem-sso-unreachable = The sign-in service of your company cannot be reached right now. Sign in with your password, or try again in a moment.
problem-sso-cancelled = You were not signed in. Begin again, or use your password.
problem-sso-unbelievable = The answer of the sign-in service could not be trusted. Nobody was signed in. If it happens again, tell your administrator: the server’s log says why.
problem-sso-unverified = The sign-in service has not verified your email address, so we cannot tell which account is yours. Sign in with your password and link it under Your account.
problem-sso-stranger = Nobody with this address may sign in here. Ask an administrator of your shop to invite you.
problem-sso-other-person = This account already belongs together with another one. An administrator can tell who is who in the audit trail.
audit-sso-linked = Account of the identity provider linked
audit-sso-refused = Refused after the identity provider
audit-sso-unlinked = Account of the identity provider no longer linked
