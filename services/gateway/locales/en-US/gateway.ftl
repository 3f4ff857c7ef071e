# What the gateway service says when something is wrong.
gateway-wrong-stage = The migration is { $stage }: this step cannot follow.
gateway-no-legacy = No system of before stands behind the door. Start with it first.
gateway-still-moving = These migrations need the system of before: { $names }. Undo them first.
gateway-field-taken = Another migration has this name or this path.
gateway-field-url = Write scheme, host and port, such as http://127.0.0.1:4000, and nothing else.
gateway-field-name = Use 1 to 40 small letters, digits and hyphens.
gateway-field-path = Write a path such as /api/v1/goals, without a slash at its end.
gateway-field-service = Banyan has no such service here.
gateway-field-service-or-url = Say either a service of Banyan or the address of a new implementation.
gateway-field-reserved = Identity and gateway stay where they are, and have calls below this path. Choose a longer one.
gateway-field-host = Write hosts such as app.example.org or *.example.org, in small letters.
gateway-field-pointer = Write JSON pointers such as /data/*/createdAt.
gateway-field-header = Write a header as name: value.
gateway-field-refused = The front door refuses it: { $reason }; { $remedy }.
gateway-field-definition = Write an object in the words of the route file.
gateway-field-definition-long = Keep it under 64 KiB and 24 levels.
gateway-field-version = There is no such version that could come back. The list of versions shows all.
gateway-entry-breaks = This would put out of service: { $names }. Change those first.
gateway-too-many-entries = No more than { $most } can be stored. Remove some, or write them into the route file.
gateway-field-cookie = Write a cookie as name=value.
gateway-field-purge = Name a tag, an address with its host such as example.org/news/1, or how addresses begin; nothing for everything.
