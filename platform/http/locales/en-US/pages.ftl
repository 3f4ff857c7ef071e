# The words of the pages that the HTTP layer serves: `/docs` and `/errors`.

## Pages about errors

errors-title = Errors
errors-introduction = Every error has a code that never changes. A program should look at the code; people read the title and the detail.
errors-means = What it means
errors-why = Why it happens
errors-do = What to do
errors-example = Example
errors-code = Code
errors-status = HTTP status
errors-all = All errors
errors-in-answer = The answer is a problem document (RFC 9457) of the type “application/problem+json”.

## The page about the interface

docs-title = Interface
docs-introduction = All calls of this installation, read from its own OpenAPI document.
docs-document = OpenAPI document
docs-filter = Filter
docs-filter-hint = Path, name or words
docs-token = Access token
docs-token-hint = Kept in this page until you close it
docs-none = No call fits the filter.
docs-parameters = Parameters
docs-body = Body
docs-answers = Answers
docs-example = Example
docs-schema = Schema
docs-try = Try it out
docs-send = Send
docs-sending = Sending…
docs-answer = Answer
docs-failed = The server could not be reached.
docs-anonymous = Open to everybody
docs-signed-in = Sign in first
docs-required = required
docs-deprecated = Deprecated
docs-skip = Skip to the calls
docs-loading = Loading…
docs-unreadable = The OpenAPI document could not be read.
docs-no-script = This page needs JavaScript to list the calls. The document itself is at /openapi.json.
