# What the gateway service says when something is wrong.
gateway-wrong-stage = The migration is { $stage }: this step cannot follow.
gateway-no-legacy = No system of before stands behind the door. Start with it first.
