# Details of problems that know more than their code alone; see errors.ftl.

malformed-body-empty = The request has no body. Send a JSON object.
# $offset (number): bytes before the first that is not UTF-8
malformed-body-encoding = The body is not UTF-8 text: { $offset ->
    [one] the first fault comes after { $offset } byte.
   *[other] the first fault comes after { $offset } bytes.
}
# $line, $column (numbers): from 1
malformed-body-place = The body is not valid JSON: see line { $line }, column { $column }.
# $limit (number): bytes
payload-too-large-limit = The body may have { $limit ->
    [one] one byte
   *[other] at most { $limit } bytes
}. Send less at once.
# $version, $current (numbers): versions of the interface
unsupported-version-current = Version { NUMBER($version, useGrouping: "false") } is not served. The current version is { NUMBER($current, useGrouping: "false") }.
