### keys: plan-*

# The landing page. The title is the same for everybody who asks in this language.
landing-title = Welcome to UpCoach
landing-tagline = A little further, every day.
landing-description = Set a goal that matters to you, build the habits that carry it, and write down what you learn on the way. Your pages stay yours: nobody reads them unless you allow it.
landing-call-to-action = Start your first goal

landing-feature-goals = Goals you can see moving
    .body = Give a goal a number, a date and milestones, and watch it come closer.
landing-feature-habits = Habits that fit your week
    .body = Every day, on chosen days, or three times a week. A missed day costs a little strength, not everything.
landing-feature-journal = A journal that is yours alone
    .body = Write or speak. Only you can open it, until you share it with a coach, and you can take that back at any time.
landing-feature-coach = A coach at your side
    .body = Let a person or the coaching assistant see the parts that you choose.

plan-free = Free
    .description = Goals, habits and a journal, for as long as you like.
plan-plus = Plus
    .description = More time with the assistant, and charts over years.
plan-coach = Coach
    .description = For people who accompany others.
