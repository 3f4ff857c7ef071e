# What the gateway service says when something is wrong.
gateway-wrong-stage = The migration is { $stage }: this step cannot follow.
gateway-no-legacy = No system of before stands behind the door. Start with it first.
gateway-field-taken = Another migration has this name or this path.
gateway-field-url = Write scheme, host and port, such as http://127.0.0.1:4000, and nothing else.
gateway-field-name = Use 1 to 40 small letters, digits and hyphens.
gateway-field-path = Write a path such as /api/v1/goals, without a slash at its end.
gateway-field-service = Banyan has no such service here.
gateway-field-pointer = Write JSON pointers such as /data/*/createdAt.
gateway-field-header = Write a header as name: value.
