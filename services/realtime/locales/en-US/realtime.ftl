# What is wrong with what was asked of rooms.
realtime-no-websocket = This address speaks WebSocket (RFC 6455, version 13) only.
realtime-away = What joins the servers does not answer. Try again soon.
realtime-connections = You have as many connections open as may be. Close one of them first.
realtime-document-empty = Nothing was written in this document yet.
realtime-document-versions = This document has a hundred named versions. Delete one of them first.
realtime-document-away = The document cannot be worked on now. Try again soon.
realtime-field-room = Name a room, such as user:0190a5b0-0000-7000-8000-000000000000, session:<id> or market:BTC-USD, in at most 255 characters.
realtime-field-data = Keep what is said under 32 KiB of JSON.
