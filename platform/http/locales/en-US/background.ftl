# What cannot be done to jobs, sagas and events that could not be handled.

background-wrong-state = { $state ->
    [waiting] It is waiting for its time, so this cannot be done now.
    [ready] It is about to begin, so this cannot be done now.
    [running] It is running, so this cannot be done now.
    [done] It is done, so this cannot be done any more.
    [failed] It has failed, so this cannot be done. Retry it instead.
    [cancelled] It is cancelled, so this cannot be done. Retry it instead.
    [compensating] It is being undone already.
    [compensated] It is undone already.
   *[other] This cannot be done in its present state.
}
background-drives-saga = This job drives a saga. Compensate the saga instead.
background-no-return = The saga is behind its point of no return, so it can only go on. Resume it if it is stuck.
background-not-with-time = Give either “time” or “after”, not both.
