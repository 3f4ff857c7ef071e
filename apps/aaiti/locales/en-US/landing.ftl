### keys: plan-*

landing-title = Welcome to AAITI
landing-tagline = Trade with your eyes open.
landing-description = Try a strategy with paper money, see every order and its cost, and decide with figures instead of hopes. Trading can lose money; nothing here is advice.
landing-call-to-action = Open a paper account

landing-feature-paper = Paper money first
    .body = The same order book, the same rules, and nothing to lose while you learn.
landing-feature-orders = Orders that do what they say
    .body = Price before time, stop and post-only, and a record of every step.
landing-feature-positions = Positions in plain figures
    .body = Profit and loss, exposure and cost, at any moment.

plan-free = Free
    .description = Paper trading and delayed figures.
plan-trader = Trader
    .description = Live figures, more orders, and models of your own.
