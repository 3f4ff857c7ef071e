# What is wrong with one field of a request. The field's own name stands beside the message, so it is not repeated here.
# Numbers and lists are given as such and written by locale.

### keys: field-invalid-* field-must-be-* field-weak-password field-not-found field-read-only

field-required = This field is required.
# $min (number): the fewest characters
field-too-short = { $min ->
    [one] Enter at least one character.
   *[other] Enter at least { $min } characters.
}
# $max (number): the most characters
field-too-long = { $max ->
    [one] Enter at most one character.
   *[other] Enter at most { $max } characters.
}
# $min, $max (numbers): both allowed
field-out-of-range = Enter a value from { $min } to { $max }.
# $min (number): allowed
field-too-small = Enter { $min } or more.
# $max (number): allowed
field-too-large = Enter { $max } or less.
# $min (number): the fewest entries
field-too-few = { $min ->
    [one] Give at least one entry.
   *[other] Give at least { $min } entries.
}
# $max (number): the most entries
field-too-many = { $max ->
    [one] Give at most one entry.
   *[other] Give at most { $max } entries.
}
# $expected (text): the JSON type, for example “string”
field-wrong-type = The value must be of type “{ $expected }”.
# $allowed (list)
field-not-one-of = Choose { LIST($allowed, type: "or") }.
field-not-unique = This value is already in use.
field-unknown = This field is not known here.
field-duplicate = Give this field only once.
field-blank = Enter more than white space.
field-control-characters = Remove the control characters.
field-invalid = The value is not valid.
field-invalid-email = Enter a valid e-mail address, such as name@example.com.
field-invalid-uuid = Enter a valid identifier (UUID).
field-invalid-url = Enter a full web address, beginning with https://.
field-invalid-date = Enter a valid date in the form YYYY-MM-DD.
field-invalid-time = Enter a valid time in the form HH:MM.
field-invalid-timestamp = Enter a valid time in RFC 3339 form, such as 2024-01-15T08:30:00Z.
field-invalid-time-zone = Enter a valid time zone, such as Asia/Jakarta.
field-invalid-locale = Enter a supported language tag, such as en-US or id-ID.
field-invalid-schedule = The schedule is not valid.
field-invalid-currency = Enter a valid currency code, such as IDR or USD.
field-invalid-pattern = The value does not have the expected form.
field-invalid-cursor = The cursor is not valid. Begin again without one.
field-weak-password = Choose a longer password that is not easy to guess.
field-must-be-future = Choose a time in the future.
field-must-be-past = Choose a time in the past.
field-must-be-after-start = The end must be after the start.
field-not-found = What this field refers to does not exist.
field-read-only = This field cannot be changed.

field-own-account = This is you yourself; choose somebody else.
