# What the goals service says when something is wrong.
goals-archived = It lies in the archive. Restore it first.
goals-field-future-date = This day has not come yet where you are.
goals-field-unknown-goal = You have no such goal.
goals-field-days-twice = Each day of the week stands here at most once.
goals-field-order-of-dates = The end lies before the beginning.
goals-field-too-early = No day before 1970 is kept.
