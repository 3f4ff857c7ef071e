### keys: plan-*

landing-title = Welcome to FitTracker
landing-tagline = Train with a memory.
landing-description = Plan your sessions, write down every set and every kilometre, and see what really makes you stronger.
landing-call-to-action = Log your first session

landing-feature-routines = Routines that adapt
    .body = Build a plan from hundreds of exercises and change it as you go.
landing-feature-progress = Progress you can trust
    .body = Personal records, volume and pace, from the first day on.
landing-feature-form = An eye on your form
    .body = Film a movement and learn what to correct.

plan-free = Free
    .description = Exercises, routines and your training log.
plan-pro = Pro
    .description = Form analysis, and recommendations from your own history.
