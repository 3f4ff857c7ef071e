# What the content service says around people's own words and an application's templates.
content-reason-no-journal = Because you have not written yet
content-reason-quiet = Because you have been quiet for a while
content-reason-daily-writer = Because you have written often lately
content-reason-low-mood = Because the last days sounded heavy
content-reason-high-mood = Because the last days sounded good
content-reason-always = Chosen for today
content-reason-recent = From your own journal

# $date: when it was written.
content-recent-title = You wrote on { DATETIME($date, dateStyle: "long") }
content-recent-voice-title = You said on { DATETIME($date, dateStyle: "long") }

# Where an application has no templates.
content-fallback = A line for today
    .body = Write down one thing that you want to remember of this day.

# Where an application has no landing page of its own.
landing-title = Welcome
landing-tagline = Good to see you.
landing-description = Sign in to go on.
landing-call-to-action = Sign in
