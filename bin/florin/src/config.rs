//! Configuration: defaults, then a file, then the environment, then flags; each value remembers
//! where it came from.

mod notices;
mod settings;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, bail};
use jobs::Cron;
use objects::{BlobLimits, Blobs, Bucket};

use settings::{MASTER_KEY, NATS_URL, SECRETS, SETTINGS, Setting};

/// Where the ECB is.
const ECB_ZONE: &str = "Europe/Berlin";

/// The longest configuration file that is read.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    Default,
    File(PathBuf),
    Environment(&'static str),
    Flag,
}

/// What is in force.
#[derive(Clone, Debug)]
pub struct Config {
    values: BTreeMap<&'static str, (String, Origin)>,
}

/// What the command line itself sets.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--config`.
    pub file: Option<PathBuf>,
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
    /// `--database-url`.
    pub database_url: Option<String>,
    /// `--listen`.
    pub listen: Option<String>,
    /// Where keys and heads go instead of the user's own folders: for a demonstration that leaves
    /// nothing behind.
    pub outside: Option<PathBuf>,
}

impl Config {
    /// Puts together what is in force.
    pub fn load(flags: &Flags) -> anyhow::Result<Self> {
        let environment: BTreeMap<String, String> = std::env::vars().collect();
        Self::from(flags, &environment)
    }

    fn from(flags: &Flags, environment: &BTreeMap<String, String>) -> anyhow::Result<Self> {
        let mut config = Self { values: BTreeMap::new() };
        let base = |variable: &str, below: &str| -> PathBuf {
            match environment.get(variable).filter(|path| Path::new(path).is_absolute()) {
                Some(path) => PathBuf::from(path),
                None => Path::new(environment.get("HOME").map_or(".", |home| home)).join(below),
            }
            .join("florin")
        };
        let data_dir = base("XDG_DATA_HOME", ".local/share");
        let keys_dir = base("XDG_CONFIG_HOME", ".config").join("keys");
        let heads_dir = base("XDG_STATE_HOME", ".local/state").join("heads");
        for (key, value) in [
            ("data_dir", text(&data_dir)),
            ("listen", "127.0.0.1:7450".to_owned()),
            ("keys_dir", text(&keys_dir)),
            ("heads_dir", text(&heads_dir)),
            ("heads_seconds", "5".to_owned()),
            ("log", "info".to_owned()),
            ("log_format", "auto".to_owned()),
            ("rate_age_days_max", "7".to_owned()),
            ("ecb_rates_cron", "30 16 * * 1-5".to_owned()),
            ("smtp_security", "starttls".to_owned()),
            ("whatsapp_version", "v23.0".to_owned()),
        ] {
            config.set(key, value, Origin::Default)?;
        }
        let named = flags.file.clone().or_else(|| environment.get("FLORIN_CONFIG").map(Into::into));
        let file =
            named.clone().unwrap_or_else(|| base("XDG_CONFIG_HOME", ".config").join("florin.toml"));
        if named.is_some() || file.exists() {
            config.read_file(&file)?;
        }
        for Setting { key, environment: variable, .. } in SETTINGS {
            if let Some(value) = environment.get(*variable) {
                config.set(key, value.clone(), Origin::Environment(variable))?;
            }
        }
        let given = [
            ("data_dir", flags.data_dir.as_deref().map(text)),
            ("database_url", flags.database_url.clone()),
            ("listen", flags.listen.clone()),
            ("keys_dir", flags.outside.as_deref().map(|outside| text(&outside.join("keys")))),
            ("heads_dir", flags.outside.as_deref().map(|outside| text(&outside.join("heads")))),
        ];
        for (key, value) in given {
            if let Some(value) = value {
                config.set(key, value, Origin::Flag)?;
            }
        }
        // A demonstration is embedded, whatever database the environment names.
        if flags.outside.is_some() {
            config.values.remove("database_url");
        }
        if !config.values.contains_key("database_url") {
            let path = config.data_dir().join("florin.db");
            config.set("database_url", format!("sqlite:{}", path.display()), Origin::Default)?;
        }
        if flags.outside.is_some() || !config.values.contains_key("objects_url") {
            let path = config.data_dir().join("objects");
            config.set("objects_url", format!("file:{}", path.display()), Origin::Default)?;
        }
        config.check()?;
        Ok(config)
    }

    fn read_file(&mut self, file: &Path) -> anyhow::Result<()> {
        let place = || format!("the configuration file {}", file.display());
        let length = std::fs::metadata(file).with_context(place)?.len();
        if length > FILE_BYTES_MAX {
            bail!("{} has more than {FILE_BYTES_MAX} bytes", place());
        }
        let text = std::fs::read_to_string(file).with_context(place)?;
        let table: toml::Table = toml::from_str(&text).with_context(place)?;
        for (key, value) in table {
            let known = SETTINGS.iter().find(|setting| setting.key == key);
            let Some(setting) = known else {
                bail!("{}: {key:?} is not a setting; `florin config` lists them", place());
            };
            let value = match value {
                toml::Value::String(text) => text,
                toml::Value::Integer(number) => number.to_string(),
                other => bail!("{}: {key} is a {}, not text", place(), other.type_str()),
            };
            self.set(setting.key, value, Origin::File(file.to_owned()))?;
        }
        Ok(())
    }

    fn set(&mut self, key: &'static str, value: String, origin: Origin) -> anyhow::Result<()> {
        if value.trim().is_empty() {
            bail!("{key} is empty ({})", origin.text());
        }
        self.values.insert(key, (value, origin));
        Ok(())
    }

    /// What must fit together.
    fn check(&self) -> anyhow::Result<()> {
        self.number::<u64>("heads_seconds")?;
        self.number::<u32>("rate_age_days_max")?;
        self.ecb_rates_times()?;
        self.channels()?;
        self.nats_address()?;
        if !["", "yes", "no"].contains(&self.get("nats_commands")) {
            bail!("nats_commands is {:?}, not yes or no", self.get("nats_commands"));
        }
        if !["auto", "pretty", "json"].contains(&self.get("log_format")) {
            bail!("log_format is {:?}, not auto, pretty or json", self.get("log_format"));
        }
        self.get("listen").parse::<std::net::SocketAddr>().with_context(|| {
            format!("listen is {:?}, not an address and port", self.get("listen"))
        })?;
        for key in ["keys_dir", "heads_dir"] {
            if Path::new(self.get(key)).starts_with(self.data_dir()) {
                bail!(
                    "{key} lies inside data_dir: whoever can change the data could change it too"
                );
            }
        }
        Ok(())
    }

    fn number<T: FromStr>(&self, key: &'static str) -> anyhow::Result<T> {
        let value = self.get(key);
        value.parse().ok().with_context(|| format!("{key} is {value:?}, not a whole number"))
    }

    fn get(&self, key: &str) -> &str {
        self.values.get(key).map_or("", |(value, _)| value)
    }

    /// Where the embedded database and its lock are.
    pub fn data_dir(&self) -> PathBuf {
        PathBuf::from(self.get("data_dir"))
    }

    /// Which database.
    pub fn database_url(&self) -> &str {
        self.get("database_url")
    }

    /// The same without what is secret.
    pub fn database_name(&self) -> String {
        hide_password(self.database_url())
    }

    /// Where to serve.
    pub fn listen(&self) -> &str {
        self.get("listen")
    }

    /// Where the keys are.
    pub fn keys_dir(&self) -> PathBuf {
        PathBuf::from(self.get("keys_dir"))
    }

    /// The master keys, where they are given and not in a file.
    pub fn master_key(&self) -> Option<&str> {
        Some(self.get(MASTER_KEY)).filter(|keys| !keys.is_empty())
    }

    /// The file of the master keys.
    pub fn master_key_file(&self) -> PathBuf {
        self.keys_dir().join("master.key")
    }

    /// The key of backups.
    pub fn backup_key_file(&self) -> PathBuf {
        self.keys_dir().join("backup.key")
    }

    /// The register of parties that were erased.
    pub fn erased_parties_file(&self) -> PathBuf {
        self.keys_dir().join("erased-parties")
    }

    /// Where signed heads go.
    pub fn heads_dir(&self) -> PathBuf {
        PathBuf::from(self.get("heads_dir"))
    }

    /// How often heads are signed.
    pub fn heads_interval(&self) -> std::time::Duration {
        std::time::Duration::from_secs(self.number("heads_seconds").unwrap_or(5).max(1))
    }

    /// What is logged.
    pub fn log(&self) -> &str {
        self.get("log")
    }

    /// Whether somebody said what is logged.
    pub fn log_is_set(&self) -> bool {
        self.values.get("log").is_some_and(|(_, origin)| *origin != Origin::Default)
    }

    /// Whether the log is JSON, given whether it goes to a terminal.
    pub fn log_is_json(&self, terminal: bool) -> bool {
        match self.get("log_format") {
            "json" => true,
            "pretty" => false,
            _ => !terminal,
        }
    }

    /// How old a rate or price may be.
    pub fn rate_age_days_max(&self) -> u32 {
        self.number("rate_age_days_max").unwrap_or(7)
    }

    /// Where files are kept.
    pub fn objects(&self) -> anyhow::Result<Blobs> {
        let (url, limits) = (self.get("objects_url"), BlobLimits::default());
        if let Some(path) = url.strip_prefix("file:") {
            return Ok(Blobs::directory(Path::new(path), limits)?);
        }
        let place = url.strip_prefix("s3://").filter(|place| !place.is_empty());
        let place = place.with_context(|| {
            format!("objects_url is {url:?}, not file:PATH or s3://BUCKET/PREFIX")
        })?;
        let (name, prefix) = place.split_once('/').unwrap_or((place, ""));
        let set = |key| Some(self.get(key)).filter(|text| !text.is_empty()).map(str::to_owned);
        let bucket = Bucket {
            name: name.to_owned(),
            prefix: prefix.to_owned(),
            endpoint: set("objects_endpoint"),
            region: set("objects_region"),
            credentials: None,
        };
        Ok(Blobs::bucket(&bucket, limits)?)
    }

    /// The broker that events are handed to, if there is one.
    pub fn nats_address(&self) -> anyhow::Result<Option<bus::Address>> {
        let url = Some(self.get(NATS_URL)).filter(|url| !url.is_empty());
        Ok(url.map(str::parse).transpose()?)
    }

    /// Whether commands are taken from it.
    pub fn takes_commands(&self) -> bool {
        self.get("nats_commands") == "yes"
    }

    /// What looks for viruses, if something does.
    pub fn clamd_address(&self) -> Option<&str> {
        Some(self.get("clamd_address")).filter(|address| !address.is_empty())
    }

    /// Where the ECB's rates are fetched from, if they are.
    pub fn ecb_rates_url(&self) -> Option<&str> {
        Some(self.get("ecb_rates_url")).filter(|url| !url.is_empty())
    }

    /// When they are fetched.
    pub fn ecb_rates_times(&self) -> anyhow::Result<Cron> {
        let text = self.get("ecb_rates_cron");
        Cron::parse(text, ECB_ZONE).with_context(|| format!("ecb_rates_cron is {text:?}"))
    }

    /// What is in force and where each value came from, secrets hidden.
    pub fn report(&self) -> String {
        let mut report = String::new();
        for Setting { key, environment, about } in SETTINGS {
            let (value, origin) = match self.values.get(key) {
                Some((_, origin)) if SECRETS.contains(key) => ("•••".to_owned(), origin.text()),
                Some((value, origin)) => (hide_password(value), origin.text()),
                None => ("off".to_owned(), Origin::Default.text()),
            };
            let _ = writeln!(
                report,
                "{key:18} {value}\n{:18} from {origin}; {about} ({environment})",
                ""
            );
        }
        report
    }
}

impl Origin {
    fn text(&self) -> String {
        match self {
            Self::Default => "default".to_owned(),
            Self::File(path) => format!("file {}", path.display()),
            Self::Environment(name) => format!("environment {name}"),
            Self::Flag => "flag".to_owned(),
        }
    }
}

/// `postgres://user:•••@host/…`
fn hide_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    // A password may hold an @ that was not escaped: the host begins after the last one.
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let hidden = match authority.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split(':').next().unwrap_or_default();
            format!("{user}:•••@{host}")
        }
        None => authority.to_owned(),
    };
    let query_hidden = match path.split_once("password=") {
        Some((before, _)) => format!("{before}password=•••"),
        None => path.to_owned(),
    };
    format!("{scheme}://{hidden}/{query_hidden}")
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let mut all = BTreeMap::from([("HOME".to_owned(), "/nobody".to_owned())]);
        all.extend(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        all
    }

    #[test]
    fn the_later_source_wins_and_each_value_says_where_it_came_from() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("florin.toml");
        std::fs::write(&file, "listen = \"127.0.0.1:1\"\nlog = \"warn\"\nheads_seconds = 9\n")
            .unwrap();
        let listen = Some("127.0.0.1:3".to_owned());
        let flags = Flags { file: Some(file), listen, ..Flags::default() };
        let environment = environment(&[("FLORIN_LISTEN", "127.0.0.1:2"), ("FLORIN_LOG", "debug")]);
        let config = Config::from(&flags, &environment).unwrap();
        assert_eq!(config.listen(), "127.0.0.1:3");
        assert_eq!(config.log(), "debug");
        assert_eq!(config.heads_interval().as_secs(), 9);
        assert_eq!(config.database_url(), "sqlite:/nobody/.local/share/florin/florin.db");
        let report = config.report();
        for line in ["from flag", "from environment FLORIN_LOG", "from file", "from default"] {
            assert!(report.contains(line), "{line} in {report}");
        }
    }

    #[test]
    fn a_password_is_not_printed() {
        let url = "postgres://ada:s3cr@t@db.example:5432/florin?password=s3cr";
        let key = "florin-master-key-1:s3cr";
        let environment = environment(&[("FLORIN_DATABASE_URL", url), ("FLORIN_MASTER_KEY", key)]);
        let report = Config::from(&Flags::default(), &environment).unwrap().report();
        assert!(report.contains("postgres://ada:•••@db.example:5432/florin"));
        assert!(!report.contains("s3cr"), "{report}");
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("florin.toml");
        std::fs::write(&file, "listn = \"127.0.0.1:1\"").unwrap();
        let flags = Flags { file: Some(file), ..Flags::default() };
        let fault = Config::from(&flags, &environment(&[])).unwrap_err();
        assert!(fault.to_string().contains("listn"), "{fault}");
        for (variable, value, word) in [
            ("FLORIN_LISTEN", "nowhere", "listen"),
            ("FLORIN_HEADS_SECONDS", "soon", "heads_seconds"),
            ("FLORIN_DATABASE_URL", " ", "database_url"),
            ("FLORIN_LOG_FORMAT", "xml", "log_format"),
            ("FLORIN_ECB_RATES_CRON", "16:30", "ecb_rates_cron"),
            ("FLORIN_SMTP_SERVER", "mail.example.com", "smtp_server"),
            ("FLORIN_PUBLIC_URL", "florin.example", "public_url"),
            ("FLORIN_WEBHOOK_NETWORKS", "everything", "webhook_networks"),
            ("FLORIN_TWILIO_ACCOUNT", "AC1", "twilio_token"),
            ("FLORIN_KEYS_DIR", "/nobody/.local/share/florin/keys", "keys_dir"),
        ] {
            let fault = Config::from(&Flags::default(), &environment(&[(variable, value)]));
            let fault = fault.unwrap_err().to_string();
            assert!(fault.contains(word), "{fault}");
        }
    }
}
