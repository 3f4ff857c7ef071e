# What people ask, and what was wrong in what was sent.

## Refusals

support-ticket-closed = This ticket is closed. Open it again, or open a new one.
support-ticket-too-old = This ticket was closed more than 30 days ago. Open a new one.
support-ticket-over = This ticket is dealt with already.
support-ticket-not-over = This ticket is not dealt with yet. Say how good the help was when it is.
support-ticket-not-erasure = This ticket does not ask for erasure, or it is dealt with already.
support-erasure-refused = The account cannot be erased: the place would be left without an owner.
support-tickets-full = You have fifty tickets that are not dealt with. Close one first, or write in it.
support-answers-full = There are five hundred answers already. Remove one first.
support-field-outcome-needed = A request about personal data ends with what came of it: fulfilled, refused or withdrawn.
support-field-outcome-unfit = Only a request about personal data that ends has an outcome.
support-field-state = Give open, waiting or solved. A ticket is answered by an answer, and closed by itself.
support-field-answer-state = Give answered, waiting or solved.
support-field-assignee = Give a person's id, me, or nobody.
support-field-no-agent = This person may not answer tickets here.
support-field-text-or-answer = Give either a text or the key of an answer.
support-field-answer-key = Use lower-case letters, digits and hyphens, beginning with a letter.
support-field-answer-unknown = There is no answer with this key.
support-field-pattern = This text cannot be read: a brace is not closed, or a placeholder is not written like { "{ $name }" }.
# $values (text): names of values, separated by commas
support-field-values-missing = The answer needs these values as well: { $values }.
# $name (text): what stands between the braces
support-field-value-unknown = There is no value called { $name }.
support-field-reference = A text of your own cannot refer to { $name }.

## What can be asked

support-category-question = A question
    .description = Anything that you want to know.
support-category-account = My account
    .description = Logging in, profile, devices, keys.
support-category-technical = Something does not work
    .description = Tell what you did, what you expected, and what happened.
support-category-billing = Payment
    .description = Prices, invoices, refunds.
support-category-complaint = A complaint
    .description = What we should have done better.
support-category-data-copy = A copy of my personal data
    .description = You ask which personal data we keep of you, and for a copy of it (UU No. 27 Tahun 2022, articles 7 and 13). The copy you can also get yourself in your account.
support-category-data-correction = Correction of my personal data
    .description = You ask us to complete or correct personal data that is wrong (article 6). Name, language and time zone you can change yourself.
support-category-data-erasure = Erasure of my personal data
    .description = You ask us to end all work on your personal data and to erase it (article 8). You can also do that yourself in your account, and have 14 days to think again.
support-category-consent-withdrawal = I take back my consent
    .description = You take back a consent that you gave (article 9). You can also do that yourself in your account.
support-category-data-restriction = Restriction or objection
    .description = You ask us to delay or restrict work on your personal data (article 11), or object to decisions that are made by machines alone (article 10).
