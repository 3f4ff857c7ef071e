# What those who run the installation are told when something needs them.
alerts-title = Banyan: { $service } needs somebody
alerts-title-over = Banyan: { $service } is well again
alerts-stage-new = New
alerts-stage-still = Still
alerts-stage-over = Over
alerts-dead-letters = { $count ->
    [one] one event could not be handled
   *[other] { $count } events could not be handled
 } (banyan events dead list)
alerts-dead-letters-name = events that could not be handled
alerts-stuck-sagas = { $count ->
    [one] one saga is stuck
   *[other] { $count } sagas are stuck
 } (banyan saga list --state stuck)
alerts-stuck-sagas-name = stuck sagas
alerts-failed-jobs = { $count ->
    [one] one job failed for good
   *[other] { $count } jobs failed for good
 } (banyan jobs list --state failed)
alerts-failed-jobs-name = jobs that failed for good
alerts-relay = { $count } events do not leave for outside (banyan events relay)
alerts-relay-name = events that do not leave for outside
alerts-row-security = the rules about who sees which rows are not as they were declared (banyan compliance)
alerts-row-security-name = rules of rows that are not as they were declared
