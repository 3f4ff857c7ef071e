//! Every setting, once: name, type, default and meaning. `banyan config`, the reference in `docs/configuration.md` and the
//! validation are made from this table.

use std::net::SocketAddr;
use std::path::PathBuf;

use banyan_kernel::Secret;

use super::declare::{Marks, declare_settings};
use super::types::{
    AccessLines, AlertLanguage, Bytes, Count, Domain, EventDelivery, EventQueue, Join, KeyText, LogLevel, LogLines, MailSecurity,
    MaybeAddress, NatsUrl, Origin, PlainUse, PostgresUrl, PushEnvironment, RabbitUrl, RedisUrl, Room, SigningSecret, Span, Stage,
    StrictTransport, WebAddress,
};

declare_settings! {
    /// What the installation is, and where it listens.
    general: General = "" {
        /// What the installation is for. `production` and `staging` log JSON and make `banyan doctor` stricter.
        environment: Stage = "development";
        /// Where people and programs reach the API. Port 0 takes a free one.
        listen: SocketAddr = "127.0.0.1:8080" => Marks::flag("--listen");
        /// Where people and programs reach the API by TLS. The certificates are set in the section `tls`.
        tls_listen: MaybeAddress = "off" => Marks::flag("--tls-listen");
        /// Where operators reach metrics and detailed health. Keep it private.
        admin_listen: MaybeAddress = "127.0.0.1:8081" => Marks::flag("--admin-listen");
        /// Where people reach this installation from outside: the beginning of the links in mails.
        /// Not set, it is `http://localhost` with the port of `listen`.
        public_url: Option<WebAddress> = "";
        /// The data directory: keys, mails that were written to files, and the databases of the embedded engine.
        /// It is made at the first start. One server works on it at a time.
        data: PathBuf = "data" => Marks::flag("--data");
        /// 32 random bytes that encrypt what is secret in the database. Not set, they are in `keys/master.key` in the data
        /// directory, made at the first start. All servers on one database need the same.
        master_key: Option<KeyText> = "";
        /// Workers that answer requests, each with an event loop of its own. Not set: as many as there are cores.
        workers: Option<Count<1, 1024>> = "";
        /// Serving on after SIGTERM as if nothing were, with readiness off, so that balancers notice.
        drain_grace: Span<0, 600_000> = "0s";
        /// How long requests in flight may take to finish after SIGTERM or SIGINT.
        drain_timeout: Span<0, 3_600_000> = "30s";
        /// Whether the rates of requests are limited. `off` is for load tests.
        rate_limits: bool = "on";
        /// The version that health and metrics report. Not set: the program's own.
        version: Option<String> = "";
        /// The name of the region in which this process runs.
        region: String = "local";
        /// The name of the data centre in which this process runs.
        data_centre: String = "local";
    }

    /// Without a URL or a host here, Banyan stores in the data directory with the embedded engine, SQLite.
    database: DatabaseSettings = "database" {
        /// PostgreSQL as an unprivileged log-in role sees it.
        url: Option<PostgresUrl> = "" => Marks::flag("--database-url");
        /// PostgreSQL as the owner of schemas and tables sees it. Only migrations need it: a server whose tables have its version
        /// never uses it. Not set: the role of `url` migrates where it may, as where there is one role for everything; else the
        /// start stops and says what to do.
        owner_url: Option<PostgresUrl> = "";
        /// PostgreSQL as a role that may bypass row security sees it, for backups. Not set: the same as `owner_url`,
        /// or `url`.
        backup_url: Option<PostgresUrl> = "";
        /// The parts of `url`, where it is not set as a whole.
        host: Option<String> = "";
        /// The port of `host`.
        port: u16 = "5432";
        /// The name of the database at `host`.
        name: String = "banyan";
        /// The log-in role at `host`.
        user: String = "banyan";
        /// Its password.
        password: Option<Secret<String>> = "";
        /// Transactions at a time, and as many on each replica.
        pool_max: Count<1, 1000> = "20";
        /// Idle connections that are kept for each service.
        pool_min: Count<0, 1000> = "5";
        /// How long a transaction waits for a connection.
        acquire_timeout: Span<1, 600_000> = "30s";
        /// After how long an idle connection beyond `pool_min` is closed.
        idle_timeout: Span<100, 86_400_000> = "10s";
        /// How long one statement may run.
        statement_timeout: Span<1, 3_600_000> = "30s";
        /// From which time a statement is logged as slow, by its text without values.
        slow_statement: Span<0, 600_000> = "100ms";
        /// Log each statement by its text without values. For development; elsewhere it has no effect.
        log_statements: bool = "off";
        /// Replicas of the same database, under the same log-in role: reads of people go to them, and see nothing old. One that is the same
        /// as `url` is left out. See [postgresql.md](postgresql.md#read-replicas).
        replicas: Vec<PostgresUrl> = "";
        /// A replica that has missed something for longer is not read from.
        replica_lag: Span<100, 60_000> = "1s";
    }

    /// The front door.
    edge: EdgeSection = "edge" {
        /// Whose `X-Forwarded-*` are believed: the balancers in front of Banyan.
        trusted_proxies: Vec<banyan_edge::Network> = "";
        /// Origins whose pages may call the interface (CORS).
        cors_origins: Vec<Origin> = "";
        /// Origins beside their own that Banyan's pages may connect to.
        api_origins: Vec<Origin> = "";
        /// Domains whose first label names a tenant, as in `acme.example.org`.
        base_domains: Vec<Domain> = "localhost";
        /// When answers tell browsers to come by TLS only (`Strict-Transport-Security`).
        strict_transport: StrictTransport = "when-secure";
        /// Connections at a time.
        connections: Count<1, 1_000_000> = "20000";
        /// Connections of one address at a time (of one /64 network in IPv6). `trusted_proxies` are not bound by it.
        connections_of_address: Count<1, 1_000_000> = "5000";
        /// Whether `trusted_proxies` begin each connection with the header of the PROXY protocol, version 1 or 2, which says who the
        /// client is.
        proxy_protocol: bool = "off";
        /// Addresses of the link and of clouds' credential services that upstreams of the API may have nevertheless. Those of the file may
        /// have any.
        guarded_networks: Vec<banyan_edge::Network> = "";
        /// How long an upgraded connection, such as a WebSocket, may be silent both ways.
        upgrade_idle: Span<1_000, 86_400_000> = "5m";
        /// Requests being answered at a time; more are answered 503.
        in_flight: Count<1, 1_000_000> = "2000";
        /// The largest body of a request that the door lets in. Banyan's own services take 1 MiB of it, unless a call says that it takes more,
        /// as imports do.
        body_limit: Bytes<1024, 1_073_741_824> = "16MiB";
        /// How long a service may take for its answer.
        call_timeout: Span<1, 3_600_000> = "30s";
        /// Which requests have a line in the log: those that took a second or longer, or every one.
        access_log: AccessLines = "slow";
    }

    /// Pictures at `/images?url=…&w=640&q=75`, made smaller: see [images](images.md). Without `hosts`, `private_hosts` and `folders` there is
    /// no such address.
    images: ImagesSection = "images" {
        /// Hosts that sources may come from: `images.example.org`, `*.example.org` (not itself), `cdn.example.org:8443`. Their addresses must
        /// be of the open internet.
        hosts: Vec<banyan_edge::AllowedHost> = "";
        /// The same for hosts that may have private addresses, such as a store of objects beside Banyan.
        private_hosts: Vec<banyan_edge::AllowedHost> = "";
        /// Folders of Banyan's own host, behind any route, such as `/media/`. They are asked for as by a stranger.
        folders: Vec<banyan_edge::OwnFolder> = "";
        /// Where a request names no quality.
        quality: Count<1, 100> = "75";
        /// The longest source.
        largest_source: Bytes<1024, 104_857_600> = "20MiB";
        /// The most pixels of a source.
        largest_pixels: Count<1, 268_435_456> = "40000000";
        /// How long a source may take.
        fetch_timeout: Span<100, 60_000> = "10s";
        /// How long the work may take, and the wait for a free place before it.
        work_timeout: Span<100, 60_000> = "10s";
        /// Images that are worked on at a time; each takes a core. Not set: half of the cores.
        at_once: Option<Count<1, 256>> = "";
        /// Images that wait for their source or their turn; more are answered 503.
        waiting: Count<0, 100_000> = "64";
        /// How long an image is fresh for browsers and the door's cache.
        lifetime: Span<0, 31_536_000_000> = "1h";
        /// Whether results of up to 250,000 pixels may be AVIF, which takes some fifty times the work of WebP. It needs a program that was
        /// built with `--features avif`.
        avif: bool = "off";
    }

    /// Certificates of `tls_listen`. Changed files are taken without a restart, by themselves or at SIGHUP.
    tls: TlsSection = "tls" {
        /// Files with certificates in PEM, each with those between it and its authority. The first is shown where a client asks for no
        /// name that another one has. Not set, and without `acme_domains`: those of `banyan certs server`.
        certificate: Vec<PathBuf> = "";
        /// Files with the private keys in PEM, in the same order.
        key: Vec<PathBuf> = "";
        /// How often the files are looked at.
        reload_interval: Span<100, 86_400_000> = "5s";
        /// What `listen` is for beside `tls_listen`: the same, or to send people to TLS (308). Probes are answered in any case.
        plain: PlainUse = "serve";
        /// Domains for which one certificate is obtained and renewed by ACME, HTTP-01. They must reach `listen` at port 80.
        /// Setting them agrees to the authority's terms.
        acme_domains: Vec<Domain> = "";
        /// Whom the authority tells when a certificate expires.
        acme_email: Option<String> = "";
        /// The authority's directory.
        acme_directory: WebAddress = "https://acme-v02.api.letsencrypt.org/directory";
        /// Certificates in PEM that the authority's own server is trusted by, instead of the public ones.
        acme_roots: Option<PathBuf> = "";
    }

    /// Several processes as one installation, on one PostgreSQL: see [the cluster](cluster.md).
    cluster: ClusterSection = "cluster" {
        /// What this process does: `edge`, and names of services. Not set: everything.
        roles: Vec<String> = "" => Marks::flag("--roles");
        /// Where other nodes reach the services of this process.
        mesh_listen: MaybeAddress = "off" => Marks::flag("--mesh-listen");
        /// The address that other nodes are told, where it is not `mesh_listen` itself.
        advertise: Option<WebAddress> = "";
        /// Where the services of other processes are, each as `goals=http://10.0.0.6:7070`, or found by name: `goals=dns:http://goals.internal:7070`,
        /// `goals=srv:_goals._tcp.internal`. Several addresses of one service are its instances. A service that is not named is looked
        /// up in the registry.
        join: Vec<Join> = "" => Marks::flag("--join");
        /// Whether nodes find one another by a table in the database. Off, they know those of `join` alone.
        registry: bool = "on";
        /// Whether this process also does what its services do beside calls: mails, consumers of events, deletion for good. Off, another
        /// process with the same services has to.
        background: bool = "on";
        /// The secret by which nodes know one another, the same on all of them; `banyan cluster secret` makes one. Not set, it is in
        /// `keys/cluster.secret` in the data directory.
        secret: Option<Secret<String>> = "";
        /// The secret before this one, accepted while nodes change over.
        previous_secret: Option<Secret<String>> = "";
        /// The name of this node's certificate, as `banyan certs node` made it. Set on all nodes, they speak TLS and prove who they are.
        node: Option<String> = "";
        /// Whether nodes may speak without TLS on addresses that are not private.
        allow_plain: bool = "off";
    }

    /// Feature flags: see [flags](flags.md).
    flags: FlagsSection = "flags" {
        /// The environment whose flags count in this installation. Not set: `development` while `environment` is that, else `production`.
        environment: Option<String> = "";
        /// A file with flags in the form of `/api/client/features` of Unleash, or an object of such by environment: for a start at which
        /// nothing else is known of them.
        bootstrap: Option<PathBuf> = "";
    }

    /// What services say to one another, and to programs outside: see [events](events.md).
    events: EventsSection = "events" {
        /// How long each service's log keeps events. They stay longer until every consumer has passed them.
        retention: Span<3_600_000, 31_536_000_000> = "7d";
        /// How long it is known what became of events that were sent by webhooks.
        webhook_deliveries_kept: Span<3_600_000, 31_536_000_000> = "30d";
    }

    /// What is logged, to standard error.
    log: LogSection = "log" {
        /// From which severity lines are written.
        level: LogLevel = "info";
        /// `auto` writes JSON in production and staging, else lines for people.
        format: LogLines = "auto";
    }

    /// How mails leave.
    mail: MailSection = "mail" {
        /// The sender of all mails.
        from: String = "Banyan <no-reply@localhost>";
        /// The mail server. Not set, mails are written to files in `mail/` in the data directory.
        smtp_host: Option<String> = "";
        /// Not set: 587 with `starttls`, 465 with `implicit`, 25 with `opportunistic` and `none`.
        smtp_port: Option<u16> = "";
        /// The account at the mail server.
        smtp_user: Option<String> = "";
        /// Its password.
        smtp_password: Option<Secret<String>> = "";
        /// TLS after STARTTLS; TLS from the first byte (`implicit`); TLS where the server offers it (`opportunistic`), without which no password
        /// is sent; or no TLS, which is for a relay on the same machine only.
        smtp_security: MailSecurity = "starttls";
        /// Certificate authorities in PEM that the mail server may also be known by, such as one's own.
        smtp_authorities: Option<PathBuf> = "";
    }

    /// What leaves for people and programs besides mails: see [channels](channels.md). `banyan channels list` shows what is set.
    channels: ChannelsSection = "channels" {
        /// Hosts that webhooks and providers may have beyond `https` on the open internet: whatever their address, over `http` too.
        allowed_hosts: Vec<banyan_channels::AllowedHost> = "";
        /// The same for networks, such as those of one's own services.
        allowed_networks: Vec<banyan_edge::Network> = "";
        /// Ports that webhooks may have on the open internet.
        ports: Vec<u16> = "443";
        /// How long one attempt may take.
        timeout: Span<1_000, 120_000> = "20s";
        /// Certificate authorities in PEM that are believed instead of those of browsers.
        authorities: Option<PathBuf> = "";
        /// The public key by which push services know us. `banyan channels keys` makes a pair. Changed, all browsers must subscribe anew.
        vapid_public_key: Option<String> = "";
        /// Its private half.
        vapid_private_key: Option<Secret<String>> = "";
        /// Whom a push service asks when something is wrong: `mailto:ops@example.org`, or an https address.
        vapid_subject: Option<String> = "";
        /// The file of a service account's key, as Firebase gives it.
        fcm_service_account: Option<PathBuf> = "";
        /// The file of a key for Apple's push service (`.p8`). It needs `apns_key_id`, `apns_team_id` and `apns_topic`.
        apns_key: Option<PathBuf> = "";
        /// The key's name.
        apns_key_id: Option<String> = "";
        /// The name of the team that has it.
        apns_team_id: Option<String> = "";
        /// The app's bundle identifier.
        apns_topic: Option<String> = "";
        /// For which builds of the app.
        apns_environment: PushEnvironment = "production";
        /// The account at Twilio, or at a provider that speaks its interface. It needs `sms_password` and `sms_from`.
        sms_account: Option<String> = "";
        /// Who logs in, where it is an API key and not the account itself.
        sms_user: Option<String> = "";
        /// The account's token, or the API key's secret.
        sms_password: Option<Secret<String>> = "";
        /// The number, name or messaging service that texts come from.
        sms_from: Option<String> = "";
        /// Another provider's address.
        sms_url: Option<WebAddress> = "";
        /// The account's token, by which answers to texts are known (STOP). Not set: `sms_password`, unless `sms_user` is set, too.
        sms_webhook_token: Option<Secret<String>> = "";
        /// The keys (`whsec_…` or `whpk_…`) of whoever tells of mails that came back, signed by Standard Webhooks, with commas between them:
        /// see [notifications](notifications.md#what-providers-tell).
        bounce_keys: Option<Secret<String>> = "";
        /// The signing key of Mailgun's webhooks.
        bounce_mailgun_key: Option<Secret<String>> = "";
        /// What Postmark's webhooks show in the header `X-Webhook-Token`.
        bounce_postmark_token: Option<Secret<String>> = "";
        /// The topics of Amazon SNS by which SES tells of mails that came back. Messages of other topics are not believed.
        bounce_ses_topics: Vec<banyan_channels::sns::TopicArn> = "";
        /// Another address than Amazon's, of a stand-in on one's own machine, which must be among `allowed_hosts` or `allowed_networks`.
        bounce_ses_url: Option<WebAddress> = "";
        /// The key of an integration (Events API v2) at PagerDuty.
        pagerduty_routing_key: Option<Secret<String>> = "";
        /// Another address than PagerDuty's own, such as `https://events.eu.pagerduty.com`.
        pagerduty_url: Option<WebAddress> = "";
        /// The team's room at Slack.
        slack_webhook: Option<Room> = "";
        /// The team's room at Discord.
        discord_webhook: Option<Room> = "";
    }

    /// What tells those who run the installation that something needs them: see [alerts](alerts.md). Rooms of Slack and Discord and PagerDuty are told
    /// where they are set among the channels.
    alerts: AlertsSection = "alerts" {
        /// Whether anybody is told.
        enabled: bool = "on";
        /// Addresses that are told by mail.
        email: Vec<String> = "";
        /// An address that is told by a signed webhook. It needs `webhook_secret`.
        webhook: Option<WebAddress> = "";
        /// What the webhook is signed with: a key such as `whsec_…`.
        webhook_secret: Option<Secret<String>> = "";
        /// In which language.
        language: AlertLanguage = "en";
        /// After this time what is not over is told again.
        repeat: Span<60_000, 604_800_000> = "4h";
    }

    /// Languages and their messages: see [locale](locale.md).
    locale: LocaleSection = "locale" {
        /// A folder with messages of the installation's own: `<tag>/<name>.ftl` for everybody, `apps/<application>/<tag>/<name>.ftl` for
        /// the tenants of one application. They go before those of the program, and a language that stands only here is offered, too.
        folder: Option<PathBuf> = "";
        /// Whether the pseudolocales `en-XA` (accents and brackets) and `ar-XB` (from right to left) can be asked for. For development.
        pseudo: bool = "off";
        /// From how many per cent of the messages on a language is offered that exists as published translations alone. What it lacks comes
        /// from the languages that it falls back to.
        offered_from: Count<0, 100> = "90";
    }

    /// What helps translators: see [translations](translations.md#a-machine).
    translations: TranslationsSection = "translations" {
        /// A server that speaks LibreTranslate's interface, asked for suggestions. Not set: no machine sees any text. The same addresses are
        /// allowed as for what else leaves for the outside.
        machine_url: Option<WebAddress> = "";
        /// The key that it wants.
        machine_key: Option<Secret<String>> = "";
    }

    /// Accounts, log-in and tokens.
    identity: IdentitySection = "identity" {
        /// `iss` of access tokens.
        issuer: String = "banyan";
        /// `aud` of access tokens.
        audience: String = "banyan-api";
        /// Passwords hashed at the same time; each takes a core and 19 MiB. Not set: one less than there are cores.
        hashing_workers: Option<Count<1, 256>> = "";
        /// The secret by which another system signed its tokens with HS256. Set, they are accepted during a migration; each person
        /// has the roles that Banyan has stored. Unset it when all have moved over.
        legacy_secret: Option<SigningSecret> = "";
        /// How long the other system's tokens live. Banyan's own access tokens always live 15 minutes.
        legacy_lifetime: Option<Span<1_000, 31_536_000_000>> = "" => Marks::later("a bound on the age of another system's tokens, which count until they expire,");
    }

    /// How many requests a caller may send. The applications' manifests say so by class of route and plan; what is set here goes
    /// before them. The file may also have a table for each class, and for each tenant: see [the front door](limits.md#limits).
    limits: LimitsSection = "limits" {
        /// The time in which requests are counted: class `api`, for everybody whose plan says nothing else. Without `requests`: 100.
        window: Option<Span<1_000, 86_400_000>> = "";
        /// The requests that are allowed in it. Without `window`: in 15 minutes.
        requests: Option<Count<1, 1_000_000>> = "";
        /// The same of class `auth`: attempts to sign in, to register or to reset a password, for each tenant and address.
        auth_window: Option<Span<1_000, 86_400_000>> = "";
        /// The attempts that are allowed in it.
        auth_requests: Option<Count<1, 1_000_000>> = "";
        /// How long a request waits for Redis to count it; then this node counts alone.
        redis_deadline: Span<1, 1_000> = "20ms";
    }

    /// What is kept of answers, in this process and in Redis: see [the cache](cache.md).
    cache: CacheSection = "cache" {
        /// What kept answers may take in this process.
        memory: Bytes<1_048_576, 1_099_511_627_776> = "64MiB";
        /// How many of them there may be.
        entries: Count<1, 100_000_000> = "10000";
        /// Redis, for all processes on one PostgreSQL: they need the same. Not set: `outside.redis_url`. The embedded engine, which one process
        /// owns, needs none.
        redis_url: Option<RedisUrl> = "";
        /// Sentinels that know where Redis takes writes, each as `host:26379`. The host of `redis_url` is then not used, the rest of it is.
        redis_sentinels: Vec<String> = "";
        /// What the sentinels call the group of servers.
        redis_group: String = "mymaster";
        /// Some nodes of a Redis Cluster, each as `host:6379`, by which the others are found. The host of `redis_url` is then not used, the rest of
        /// it is; its database must be 0.
        redis_cluster: Vec<String> = "";
        /// What all names in Redis begin with. Two installations on one Redis need two.
        redis_prefix: String = "banyan:cache";
        /// How long a request waits for Redis; then it reads the database.
        redis_deadline: Span<1, 10_000> = "100ms";
    }

    /// Rooms that people listen to: see [realtime](realtime.md).
    realtime: RealtimeSection = "realtime" {
        /// Connections of one person at a time.
        connections_of_person: Count<1, 1_000_000> = "32";
        /// Connections of one tenant at a time.
        connections_of_tenant: Count<1, 10_000_000> = "100000";
        /// Rooms that a connection may listen to.
        subscriptions: Count<1, 10_000> = "128";
        /// Commands that a connection may send in a second, in the long run; as many again at once.
        commands_per_second: Count<1, 100_000> = "100";
        /// The largest frame that is read.
        largest_frame: Bytes<1024, 16_777_216> = "64KiB";
        /// What may wait for a connection that does not read; then it is closed as slow.
        queue: Bytes<65_536, 1_073_741_824> = "1MiB";
    }

    /// Documents that people edit together: see [realtime](realtime.md#shared-documents).
    realtime_documents: RealtimeDocumentsSection = "realtime.documents" {
        /// Documents that are open in one process at a time.
        open: Count<1, 1_000_000> = "1000";
        /// Connections to one document, in one process.
        connections: Count<1, 100_000> = "256";
        /// The largest document, as one update of Yjs.
        largest: Bytes<65_536, 1_073_741_824> = "16MiB";
        /// The most that a client sends at once.
        largest_update: Bytes<1024, 268_435_456> = "4MiB";
        /// What a connection may say in a second, in the long run; as much again at once. Who says more is slowed down.
        messages_per_second: Count<1, 100_000> = "200";
        /// What may wait for a connection that does not read; then it is closed, and comes again.
        queue: Bytes<65_536, 1_073_741_824> = "4MiB";
        /// After so many updates they are put together.
        compact_updates: Count<1, 100_000> = "200";
        /// Or after so many bytes of them.
        compact_bytes: Bytes<1024, 1_073_741_824> = "1MiB";
        /// While a document is changed a version of it is kept so often.
        version_every: Span<60_000, 2_592_000_000> = "1h";
        /// While a document is open, the database is asked so often for what another process has written and did not tell.
        look_every: Span<1_000, 3_600_000> = "5s";
    }

    /// NATS JetStream, which programs outside read events from: see [events](events.md#programs-outside). Without `url` nothing is sent.
    events_nats: NatsSection = "events.nats" {
        /// The servers of one NATS cluster, with commas between them.
        url: Option<NatsUrl> = "";
        /// A credentials file with a JWT and a seed, as `nsc` writes it.
        credentials: Option<PathBuf> = "";
        /// A token, where the servers ask for one.
        token: Option<Secret<String>> = "";
        /// Certificates in PEM that the servers are trusted by, beside those of the system. Set, only TLS will do.
        roots: Option<PathBuf> = "";
        /// A certificate in PEM by which the servers know Banyan. It goes with `key`.
        certificate: Option<PathBuf> = "";
        /// The certificate's private key in PEM.
        key: Option<PathBuf> = "";
        /// The stream. It is made where there is none; one that is there is brought to the limits below.
        stream: String = "banyan";
        /// What subjects begin with: `<prefix>.<tenant>.<type>`.
        prefix: String = "banyan";
        /// Messages that are older go; `0s`: they stay.
        max_age: Span<0, 31_536_000_000> = "7d";
        /// The oldest messages go when there are more bytes. Not set: no bound.
        max_bytes: Option<Bytes<1_048_576, 1_099_511_627_776>> = "";
        /// Servers that keep each message.
        replicas: Count<1, 5> = "1";
    }

    /// Redis, as channels and streams for programs outside: see [events](events.md#redis). Without `url` nothing is sent. It may be another Redis
    /// than `outside.redis_url`, and should be where that one may forget.
    events_redis: EventsRedisSection = "events.redis" {
        /// One server that takes writes; `rediss://` for TLS. Not a cluster.
        url: Option<RedisUrl> = "";
        /// What the names of channels and streams begin with: `<prefix><type>`.
        prefix: String = "events:";
        /// Whether events are published to channels, appended to streams, or both.
        delivery: EventDelivery = "both";
        /// Entries that each stream keeps at least; the oldest above that go.
        max_length: Count<1, 1_000_000_000> = "100000";
        /// Certificates in PEM that Redis is trusted by, instead of those of the system.
        roots: Option<PathBuf> = "";
        /// A certificate in PEM by which Redis knows Banyan. It goes with `key`.
        certificate: Option<PathBuf> = "";
        /// The certificate's private key in PEM.
        key: Option<PathBuf> = "";
    }

    /// RabbitMQ, as an exchange for programs outside: see [events](events.md#rabbitmq). Without `url` nothing is sent.
    events_rabbitmq: RabbitSection = "events.rabbitmq" {
        /// The servers of one cluster, with commas between them; they are tried in turn.
        url: Option<RabbitUrl> = "";
        /// The exchange, of type topic. It is made where there is none.
        exchange: String = "banyan";
        /// Durable queues that are made and bound before anything is sent, so that nothing is dropped before their readers have come.
        queues: Vec<EventQueue> = "";
        /// Certificates in PEM that the servers are trusted by, beside those of the system.
        roots: Option<PathBuf> = "";
        /// A certificate in PEM by which the servers know Banyan. It goes with `key`.
        certificate: Option<PathBuf> = "";
        /// The certificate's private key in PEM.
        key: Option<PathBuf> = "";
    }

    /// What runs beside Banyan.
    outside: OutsideSection = "outside" {
        /// Redis, for what several servers share: rate limits, rooms of realtime, and kept answers where `cache.redis_url` is not set.
        redis_url: Option<RedisUrl> = "";
        /// The folder of models.
        model_path: Option<PathBuf> = "" => Marks::later("AI serving");
        /// Where traces go.
        jaeger_endpoint: Option<String> = "" => Marks::later("traces");
        /// Where Prometheus is. It reads `/metrics` on the admin listener; nothing is sent to it.
        prometheus_endpoint: Option<String> = "" => Marks::later("the operators' views");
    }
}

/// All keys.
pub(crate) fn all() -> impl Iterator<Item = &'static super::declare::Key> {
    SECTIONS.iter().flat_map(|section| section.keys)
}

/// The key of that name, `database.pool_max`.
pub(crate) fn find(name: &str) -> Option<&'static super::declare::Key> {
    all().find(|key| key.name() == name)
}
