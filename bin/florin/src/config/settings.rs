//! What can be set, and by which names.

/// One thing that can be set.
pub(super) struct Setting {
    pub key: &'static str,
    pub environment: &'static str,
    pub about: &'static str,
}

/// All of them, in the order in which they are shown.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "data_dir",
        environment: "FLORIN_DATA_DIR",
        about: "where the embedded database and its lock are",
    },
    Setting {
        key: "database_url",
        environment: "FLORIN_DATABASE_URL",
        about: "sqlite:PATH or postgres://…",
    },
    Setting {
        key: "listen",
        environment: "FLORIN_LISTEN",
        about: "the address and port to serve on",
    },
    Setting {
        key: "keys_dir",
        environment: "FLORIN_KEYS_DIR",
        about: "where the keys are that sign heads and tokens, and that open what is sealed; never \
                inside data_dir",
    },
    Setting {
        key: MASTER_KEY,
        environment: "FLORIN_MASTER_KEY",
        about: "the master key, or several, instead of the file master.key in keys_dir",
    },
    Setting {
        key: "heads_dir",
        environment: "FLORIN_HEADS_DIR",
        about: "where signed heads of log and journal are copied to; never inside data_dir",
    },
    Setting {
        key: "heads_seconds",
        environment: "FLORIN_HEADS_SECONDS",
        about: "how often heads are signed",
    },
    Setting {
        key: "log",
        environment: "FLORIN_LOG",
        about: "what is logged: error, warn, info, debug, or by module",
    },
    Setting {
        key: "log_format",
        environment: "FLORIN_LOG_FORMAT",
        about: "auto (pretty on a terminal, JSON elsewhere), pretty or json",
    },
    Setting {
        key: "rate_age_days_max",
        environment: "FLORIN_RATE_AGE_DAYS_MAX",
        about: "how old a rate or price may be where the caller does not say",
    },
    Setting {
        key: "objects_url",
        environment: "FLORIN_OBJECTS_URL",
        about: "where files are kept: file:PATH, or s3://BUCKET/PREFIX with AWS_ACCESS_KEY_ID and \
                AWS_SECRET_ACCESS_KEY",
    },
    Setting {
        key: "objects_endpoint",
        environment: "FLORIN_OBJECTS_ENDPOINT",
        about: "the server of an s3:// bucket, where it is not Amazon's",
    },
    Setting { key: "objects_region", environment: "FLORIN_OBJECTS_REGION", about: "its region" },
    Setting {
        key: "clamd_address",
        environment: "FLORIN_CLAMD_ADDRESS",
        about: "HOST:PORT of ClamAV's daemon, which looks into files before they are kept",
    },
    Setting {
        key: "ecb_rates_url",
        environment: "FLORIN_ECB_RATES_URL",
        about: "where the ECB's rates are fetched from; nothing is fetched where it is not set",
    },
    Setting {
        key: "ecb_rates_cron",
        environment: "FLORIN_ECB_RATES_CRON",
        about: "when they are fetched: minute, hour, day, month, weekday, by Frankfurt's clocks",
    },
    Setting {
        key: "public_url",
        environment: "FLORIN_PUBLIC_URL",
        about: "where people reach this server: links of notices begin with it",
    },
    Setting {
        key: "smtp_server",
        environment: "FLORIN_SMTP_SERVER",
        about: "HOST:PORT of the server that sends e-mail on",
    },
    Setting {
        key: "smtp_security",
        environment: "FLORIN_SMTP_SECURITY",
        about: "starttls, tls, or none for a server on this machine",
    },
    Setting {
        key: "smtp_user",
        environment: "FLORIN_SMTP_USER",
        about: "as whom the server is asked, where it wants to know",
    },
    Setting {
        key: "smtp_password",
        environment: "FLORIN_SMTP_PASSWORD",
        about: "the password of that user",
    },
    Setting {
        key: "smtp_from",
        environment: "FLORIN_SMTP_FROM",
        about: "who writes: Florin <florin@example.com>",
    },
    Setting {
        key: "smtp_root_file",
        environment: "FLORIN_SMTP_ROOT_FILE",
        about: "a certificate in PEM that is trusted besides the world's",
    },
    Setting {
        key: "webhook_networks",
        environment: "FLORIN_WEBHOOK_NETWORKS",
        about: "networks besides the internet that webhooks may call, and without TLS: \
                10.1.2.0/24,…",
    },
    Setting {
        key: NATS_URL,
        environment: "FLORIN_NATS_URL",
        about: "the broker that events are handed to: nats://USER:PASSWORD@HOST:PORT",
    },
    Setting {
        key: "nats_commands",
        environment: "FLORIN_NATS_COMMANDS",
        about: "yes, where whoever may publish florin.commands.TENANT there acts as its owner",
    },
    Setting {
        key: "push_contact",
        environment: "FLORIN_PUSH_CONTACT",
        about: "whom push services may ask: mailto:… or https://…; nothing is pushed where \
                it is not set",
    },
    Setting {
        key: "twilio_account",
        environment: "FLORIN_TWILIO_ACCOUNT",
        about: "the account at Twilio by which text messages go: AC…",
    },
    Setting { key: "twilio_token", environment: "FLORIN_TWILIO_TOKEN", about: "its token" },
    Setting {
        key: "twilio_from",
        environment: "FLORIN_TWILIO_FROM",
        about: "the number that writes, or the messaging service: MG…",
    },
    Setting {
        key: "whatsapp_number",
        environment: "FLORIN_WHATSAPP_NUMBER",
        about: "the id of the telephone number at Meta by which WhatsApp messages go",
    },
    Setting {
        key: "whatsapp_token",
        environment: "FLORIN_WHATSAPP_TOKEN",
        about: "the token of a system user there",
    },
    Setting {
        key: "whatsapp_template",
        environment: "FLORIN_WHATSAPP_TEMPLATE",
        about: "the approved template, whose body has two parameters: title and text",
    },
    Setting {
        key: "whatsapp_version",
        environment: "FLORIN_WHATSAPP_VERSION",
        about: "the version of Meta's API",
    },
];

/// The setting by which master keys are given.
pub(super) const MASTER_KEY: &str = "master_key";
/// The broker, with the password of whoever Florin is there.
pub(super) const NATS_URL: &str = "nats_url";
/// Those that are secrets themselves.
pub(super) const SECRETS: [&str; 4] =
    [MASTER_KEY, "smtp_password", "twilio_token", "whatsapp_token"];
