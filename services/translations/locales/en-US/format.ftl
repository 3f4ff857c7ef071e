# What is wrong in values that are to be written (POST /api/v1/locale/format).

locale-field-number = Enter a decimal number such as 1234.56, with at most 18 digits.
locale-field-whole = Enter a whole number.
# $max (number): decimals that the currency has
locale-field-amount = { $max ->
    [0] This currency has no decimals, or the amount is too large.
    [one] This currency has one decimal, or the amount is too large.
   *[other] This currency has { $max } decimals, or the amount is too large.
}
