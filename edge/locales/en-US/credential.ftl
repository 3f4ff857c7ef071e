# Refusals of the front door.

edge-key-network = This API key does not count from your address. Whoever owns it has bound it to networks.
