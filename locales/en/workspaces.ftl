# Signing in, members, account, settings and API keys.

# Roles
role-owner = Owner
role-owner-hint = May do everything, and decides who else may.
role-admin = Administrator
role-admin-hint = May do everything but change owners.
role-dpo = Data protection officer
role-dpo-hint = Sees and corrects people, merges duplicates, sees who is a member.
role-marketer = Marketer
role-marketer-hint = Works with people and segments every day.
role-analyst = Analyst
role-analyst-hint = Builds segments and reads figures, changes no people.
role-agent = Agent
role-agent-hint = Serves customers: sees and corrects people.
role-viewer = Viewer
role-viewer-hint = Looks, and changes nothing.

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
dead-reset = It was used, or is older than 30 minutes. Ask an administrator for a new one.
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
