# Words that many pages and messages share. No application's name belongs here.

### keys: common-* language-own-name

# The language's name in itself, for a list of languages to choose from.
language-own-name = English

## Actions

common-save = Save
common-cancel = Cancel
common-close = Close
common-create = Create
common-edit = Edit
common-delete = Delete
common-archive = Archive
common-restore = Restore
common-search = Search
common-send = Send
common-confirm = Confirm
common-continue = Continue
common-back = Back
common-next = Next
common-previous = Previous
common-retry = Try again
common-learn-more = Learn more
common-show-all = Show all

## Account

common-sign-in = Sign in
common-sign-out = Sign out
common-register = Create an account
common-email = E-mail
common-password = Password
common-name = Name
common-language = Language
common-time-zone = Time zone
common-profile = Profile
common-settings = Settings
common-preferences = Preferences
common-help = Help
common-privacy = Privacy

## Answers and states

common-yes = Yes
common-no = No
common-on = On
common-off = Off
common-none = None
common-loading = Loading…
common-saved = Saved
common-deleted = Deleted
common-required = Required
common-optional = Optional
common-home = Home
common-documentation = Documentation
common-status = Status
common-error = Error

## Amounts

# $page, $pages (numbers)
common-page-of = Page { $page } of { $pages }
# $count (number)
common-results = { $count ->
    [0] No results
    [one] { $count } result
   *[other] { $count } results
}
# $count (number)
common-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
# $count (number)
common-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
