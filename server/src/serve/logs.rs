//! Setting logs up as the settings say.

use anyhow::Result;
use banyan_telemetry::logging::LogGuard;
use banyan_telemetry::{LogFormat, LogSettings};

use crate::settings::Settings;
use crate::settings::types::LogLines;

pub(super) fn set_up(settings: &Settings) -> Result<LogGuard> {
    let format = match settings.log.format {
        LogLines::Json => LogFormat::Json,
        LogLines::Pretty => LogFormat::Pretty,
        LogLines::Auto if settings.general.environment.is_serious() => LogFormat::Json,
        LogLines::Auto => LogFormat::Pretty,
    };
    Ok(banyan_telemetry::logging::init(&LogSettings { format, level: settings.log.level.0.clone() })?)
}
