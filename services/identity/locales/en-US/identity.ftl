# Accounts: what is wrong with what was sent, and the mails.

## Refusals

identity-secret-invalid = This was used already, has expired or was never sent. Ask for a new mail.
identity-email-taken = This address has an account already. Log in, or set a new password if you have forgotten it.
identity-registration-closed = Here people join by invitation. Ask someone who runs this place for one.
identity-not-oneself = Nobody does this to their own account. Ask another administrator.
identity-owners-only = Only an owner appoints, changes or removes admins and owners.
identity-last-owner = There would be no owner left. Appoint another owner first.
# $max (number): how many a user may be a member of
identity-too-many-organisations = A user can be a member of at most { $max } organisations.
# $scope (text): the name of the permission
identity-scope-not-held = { $scope } is not a permission of the key's owner, so a key cannot have it either. Leave it out.
# $max (number): how many keys a user may have
identity-too-many-keys = A user can have at most { $max } API keys. Revoke one that is not used, or make a service account.
identity-not-a-program = This is not a service account. People make their own keys.
identity-expires-in-the-past = This time has passed. Choose a later one, or leave it out.
identity-network-invalid = Write an address or a network, such as 203.0.113.0/24 or 2001:db8::/32.
identity-time-invalid = Write a time as in 2025-01-31T17:00:00Z.

## Passwords

password-too-short = Choose at least 8 characters.
password-too-long = Choose at most 128 characters.
password-control-characters = A password cannot hold control characters.
password-common = This password is well known and among the first that an attacker tries. Choose another one; a short sentence is good.
password-pattern = Sequences, repetitions and dates are easy to guess. Choose another one; a short sentence is good.
password-personal = The password is made of your name or address, which an attacker knows. Choose another one.

## Mails, common parts
# $name (text): the person; $brand (text): the name of the place

mail-greeting = Hello { $name },
mail-greeting-nameless = Hello,
mail-code = If the link does not work, enter this code by hand:
mail-sign-off = { $brand }

## Mail: confirm the address
# $days (number): for how long the link works

mail-verify-subject = Confirm your address for { $brand }
mail-verify-lead = Somebody, hopefully you, has made an account at { $brand } with this address. Please confirm that it is yours.
mail-verify-action = Confirm the address
mail-verify-note = The link works for { $days ->
    [one] one day
   *[other] { $days } days
}. If it was not you, leave this mail alone: nothing happens.

## Mail: set a new password
# $hours (number): for how long the link works

mail-reset-subject = Set a new password for { $brand }
mail-reset-lead = Somebody, hopefully you, asked to set a new password for your account at { $brand }.
mail-reset-action = Set a new password
mail-reset-note = The link works once, for { $hours ->
    [one] one hour
   *[other] { $hours } hours
}. Your devices will have to log in anew. If it was not you, leave this mail alone: your password stays as it is.

## Mail: invitation
# $days (number): for how long the link works

mail-invite-subject = You are invited to { $brand }
mail-invite-lead = You are invited to join { $brand }. Choose a password, and your account is ready.
mail-invite-action = Accept the invitation
mail-invite-note = The link works once, for { $days ->
    [one] one day
   *[other] { $days } days
}. If you do not expect an invitation, leave this mail alone: nothing happens.

## Pages behind the links of mails
# $brand (text): the name of the place

page-new-password = New password (at least 8 characters)

page-verify-title = Confirm your address
page-verify-lead = Is this your address? Then confirm it for { $brand }.
page-verify-action = Confirm the address
page-verify-done = Thank you. Your address is confirmed; you can close this page.

page-reset-title = Set a new password
page-reset-lead = Choose a new password for { $brand }. A short sentence is good: long, and easy to keep in mind.
page-reset-action = Set the password
page-reset-done = Your new password is set. Your devices have been logged out: log in anew with it.

page-invite-title = You are invited
page-invite-lead = Choose a password for { $brand }, and your account is ready. A short sentence is good: long, and easy to keep in mind.
page-invite-action = Accept the invitation
page-invite-done = Welcome. Your account is ready: log in with your address and the password.
