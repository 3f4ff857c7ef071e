# The first page of an installation.

page-title = Banyan is running
page-lead = This is the backend of { $application }: one program that carries its accounts, its content and its interface. You are at its front door.
page-languages = Languages
# The name of this language in itself.
page-language = English

page-next = Where to go next
page-docs = Documentation
    .text = Every call with examples that you can send from the page.
page-openapi = Description for programs
    .text = The same as OpenAPI 3.1, for tools and generated clients.
page-landing = A first call
    .text = The application's welcome, in the language of your browser.
page-services = Services
    .text = Each service with its instances, their health, load and latency.
page-health = Health
    .text = Whether all is well, for people and for monitoring.

page-runs = What runs here
page-up = up
page-down = down
page-version = Version { $version }

page-demo = Something to try it with
page-demo-text = Started with demo data, Banyan has people, goals, habits and journals, and prints their log-ins when it starts:

page-offline = This page and the documentation need nothing from the internet.
