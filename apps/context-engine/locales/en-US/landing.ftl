### keys: plan-*

landing-title = Welcome to Context Engine
landing-tagline = What you know together, in step.
landing-description = Keep what people and programs need to know in one place, by version, and let everybody who takes part see it change at once.
landing-call-to-action = Open your first session

landing-feature-sessions = Sessions that outlast the window
    .body = Leave, come back on another machine, and go on where you were.
landing-feature-sync = In step within a moment
    .body = Every change reaches every participant, and two changes at once do not overwrite one another.
landing-feature-suggestions = Suggestions with a source
    .body = The engine says what it proposes, and from which part of the context.

plan-free = Free
    .description = Sessions for yourself and your programs.
plan-team = Team
    .description = Shared sessions, more requests, and longer history.
