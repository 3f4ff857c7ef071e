# What is wrong with what was sent about legal texts and templates.

legal-not-current = Another version of this text counts by now. Read it, and accept that one.
legal-not-withdrawable = Only a consent can be taken back. Who does not want the privacy policy or the terms any more can have the account erased.
legal-published-stays = This version is published, and stays as it is. Begin a new one.
legal-language-missing = The draft has no words in one of the languages that the application offers.
legal-purposes-differ = The purposes are not the same in all languages.
legal-field-too-early = Give a time that is not over.
legal-field-purpose-id = Use lower-case letters, digits and hyphens, at most 40.
# $purpose (text): the title of a purpose
legal-field-purpose-required = The place cannot be used without this purpose: { $purpose }.
content-field-pattern = This text cannot be read: a brace is not closed, or a placeholder is not written like { "{ $brand }" }.
# $name (text): what stands between the braces
content-field-value-unknown = There is no value called { $name }.
content-field-reference = A text of your own cannot refer to { $name }.
