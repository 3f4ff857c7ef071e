# Sessions of the context engine, and what it proposes.

## Refusals

# $version (number): the version that the item has now
context-stale = Somebody else was faster: the item has version { $version } now. Read it again, and change that.
context-session-archived = This session is put away. Reopen it first.
context-session-ended = This session is over.
context-sessions-full = You own a thousand sessions already.
context-items-full = This session has as many items as it can hold. Delete some first; those that were deleted go after 30 days.
context-participants-full = A hundred people take part in this session already.
context-owner-stays = This person owns the session, and stays in it as its owner.
context-no-participant = Let this person take part first, and hand the session over then.
context-suggestion-closed = This suggestion was answered already, or it has expired.
context-field-value = Give at most 64 KiB of JSON.
context-field-detail = Give an object of at most 2 KiB of JSON.
context-field-custom = Give at most 8 KiB of JSON.

## Suggestions

# $item (text): what an item is called
# $other (text): what another item is called
# $about (text): a phrase, a name, or words that both have
context-suggestion-related = “{ $item }” and “{ $other }” are about the same: { $about }. Look at them together.
# $item (text): what an item is called
# $other (text): what another item is called
context-suggestion-duplicate = “{ $item }” and “{ $other }” say the same. Make one of them.
# $item (text): what an item is called
# $about (text): a day, as in 2025-03-12
context-suggestion-schedule = “{ $item }” names { $about }. Make it an event, so that nobody forgets.
# $item (text): what an item is called
# $about (text): words that ask for something, such as “need to”
context-suggestion-task = “{ $item }” asks for something ({ $about }). Make it a task, and somebody will see to it.
# $about (text): a phrase
# $count (text): in how many items it stands
context-suggestion-topic = “{ $about }” comes back in { $count } items. It may be a topic of its own.
