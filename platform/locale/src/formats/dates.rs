//! Dates and times of the Gregorian calendar.

use icu_calendar::Gregorian;
use icu_datetime::fieldsets::enums::CompositeDateTimeFieldSet;
use icu_datetime::fieldsets::zone::SpecificShort;
use icu_datetime::fieldsets::{Combo, T, YMD, YMDE, YMDET, YMDT};
use icu_datetime::input::ZonedDateTime;
use icu_datetime::input::{Date as IcuDate, DateTime as IcuDateTime, Time as IcuTime, TimeZone, TimeZoneInfo, UtcOffset};
use icu_datetime::options::YearStyle;
use icu_datetime::pattern::{DateTimePattern, FixedCalendarDateTimeNames, MonthNameLength};
use icu_datetime::{FixedCalendarDateTimeFormatter, NoCalendarFormatter};
use icu_locale::Locale;
use icu_time::zone::ZoneNameTimestamp;
use icu_time::zone::models::AtTime;
use jiff::Zoned;
use jiff::civil::{Date, DateTime, Time};
use writeable::TryWriteable;

/// How much of a date is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DateStyle {
    /// Digits only, the year in full: `1/15/2024`, `15/1/2024`.
    #[default]
    Short,
    /// `Jan 15, 2024`, `15 Jan 2024`.
    Medium,
    /// `January 15, 2024`, `15 Januari 2024`.
    Long,
    /// With the day of the week: `Monday, January 15, 2024`, `Senin, 15 Januari 2024`.
    Full,
}

/// How much of a time is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeStyle {
    /// Hours and minutes.
    #[default]
    Short,
    /// Hours, minutes and seconds.
    Medium,
}

/// Languages whose short date is not CLDR's: language, date, date and time (UTS 35 patterns).
/// CLDR has `dd/MM/y` for Indonesian; the product writes it without leading zeros.
const OWN_SHORT_DATES: [(&str, &str, &str); 1] = [("id", "d/M/y", "d/M/y, HH.mm")];

type Formatter<FieldSet> = Option<FixedCalendarDateTimeFormatter<Gregorian, FieldSet>>;

#[derive(Debug)]
pub(super) struct Dates {
    own_short: Option<OwnShort>,
    short: Formatter<YMD>,
    medium: Formatter<YMD>,
    long: Formatter<YMD>,
    full: Formatter<YMDE>,
    short_time: Formatter<YMDT>,
    medium_time: Formatter<YMDT>,
    long_time: Formatter<YMDT>,
    full_time: Formatter<YMDET>,
    short_zone: Formatter<Combo<YMDT, SpecificShort>>,
    medium_zone: Formatter<Combo<YMDT, SpecificShort>>,
    long_zone: Formatter<Combo<YMDT, SpecificShort>>,
    full_zone: Formatter<Combo<YMDET, SpecificShort>>,
    zone: Option<NoCalendarFormatter<SpecificShort>>,
    minutes: Option<NoCalendarFormatter<T>>,
    seconds: Option<NoCalendarFormatter<T>>,
}

impl Dates {
    pub(super) fn new(locale: &Locale) -> Self {
        let short = YMD::short().with_year_style(YearStyle::Full);
        Self {
            own_short: OwnShort::new(locale),
            short: FixedCalendarDateTimeFormatter::try_new(locale.into(), short).ok(),
            medium: FixedCalendarDateTimeFormatter::try_new(locale.into(), YMD::medium()).ok(),
            long: FixedCalendarDateTimeFormatter::try_new(locale.into(), YMD::long()).ok(),
            full: FixedCalendarDateTimeFormatter::try_new(locale.into(), YMDE::long()).ok(),
            short_time: FixedCalendarDateTimeFormatter::try_new(locale.into(), short.with_time_hm()).ok(),
            medium_time: FixedCalendarDateTimeFormatter::try_new(locale.into(), YMD::medium().with_time_hm()).ok(),
            long_time: FixedCalendarDateTimeFormatter::try_new(locale.into(), YMD::long().with_time_hm()).ok(),
            full_time: FixedCalendarDateTimeFormatter::try_new(locale.into(), YMDE::long().with_time_hm()).ok(),
            short_zone: zoned(locale, short.with_time_hm().with_zone(SpecificShort)),
            medium_zone: zoned(locale, YMD::medium().with_time_hm().with_zone(SpecificShort)),
            long_zone: zoned(locale, YMD::long().with_time_hm().with_zone(SpecificShort)),
            full_zone: FixedCalendarDateTimeFormatter::try_new(
                locale.into(),
                YMDE::long().with_time_hm().with_zone(SpecificShort),
            )
            .ok(),
            zone: NoCalendarFormatter::try_new(locale.into(), SpecificShort).ok(),
            minutes: NoCalendarFormatter::try_new(locale.into(), T::hm()).ok(),
            seconds: NoCalendarFormatter::try_new(locale.into(), T::hms()).ok(),
        }
    }

    pub(super) fn date(&self, date: Date, style: DateStyle) -> String {
        let written = icu_date(date).and_then(|day| match (style, &self.own_short) {
            (DateStyle::Short, Some(own)) => Some(own.date(day)),
            (DateStyle::Short, None) => Some(self.short.as_ref()?.format(&day).to_string()),
            (DateStyle::Medium, _) => Some(self.medium.as_ref()?.format(&day).to_string()),
            (DateStyle::Long, _) => Some(self.long.as_ref()?.format(&day).to_string()),
            (DateStyle::Full, _) => Some(self.full.as_ref()?.format(&day).to_string()),
        });
        written.unwrap_or_else(|| date.to_string())
    }

    pub(super) fn time(&self, time: Time, style: TimeStyle) -> String {
        let formatter = match style {
            TimeStyle::Short => &self.minutes,
            TimeStyle::Medium => &self.seconds,
        };
        let written = icu_time(time).and_then(|time| Some(formatter.as_ref()?.format(&time).to_string()));
        written.unwrap_or_else(|| time.to_string())
    }

    pub(super) fn date_time(&self, moment: DateTime, style: DateStyle) -> String {
        let written = icu_date_time(moment).and_then(|moment| match (style, &self.own_short) {
            (DateStyle::Short, Some(own)) => Some(own.date_time(moment)),
            (DateStyle::Short, None) => Some(self.short_time.as_ref()?.format(&moment).to_string()),
            (DateStyle::Medium, _) => Some(self.medium_time.as_ref()?.format(&moment).to_string()),
            (DateStyle::Long, _) => Some(self.long_time.as_ref()?.format(&moment).to_string()),
            (DateStyle::Full, _) => Some(self.full_time.as_ref()?.format(&moment).to_string()),
        });
        written.unwrap_or_else(|| moment.to_string())
    }
}

impl Dates {
    pub(super) fn zoned(&self, moment: &Zoned, style: DateStyle) -> String {
        let written = icu_zoned(moment).and_then(|zoned| match (style, &self.own_short) {
            (DateStyle::Short, Some(own)) => {
                let zone = self.zone.as_ref()?.format(&zoned.zone);
                Some(format!("{} {zone}", own.date_time(IcuDateTime { date: zoned.date, time: zoned.time })))
            }
            (DateStyle::Short, None) => Some(self.short_zone.as_ref()?.format(&zoned).to_string()),
            (DateStyle::Medium, _) => Some(self.medium_zone.as_ref()?.format(&zoned).to_string()),
            (DateStyle::Long, _) => Some(self.long_zone.as_ref()?.format(&zoned).to_string()),
            (DateStyle::Full, _) => Some(self.full_zone.as_ref()?.format(&zoned).to_string()),
        });
        written.unwrap_or_else(|| moment.to_string())
    }
}

fn zoned(locale: &Locale, fields: Combo<YMDT, SpecificShort>) -> Formatter<Combo<YMDT, SpecificShort>> {
    FixedCalendarDateTimeFormatter::try_new(locale.into(), fields).ok()
}

/// Short dates by a pattern of our own.
#[derive(Debug)]
struct OwnShort {
    names: FixedCalendarDateTimeNames<Gregorian, CompositeDateTimeFieldSet>,
    date: DateTimePattern,
    date_time: DateTimePattern,
}

impl OwnShort {
    fn new(locale: &Locale) -> Option<Self> {
        let (_, date, date_time) = OWN_SHORT_DATES.iter().find(|(language, ..)| locale.id.language.as_str() == *language)?;
        let mut names = FixedCalendarDateTimeNames::try_new(locale.into()).ok()?;
        names.include_month_names(MonthNameLength::Numeric).ok()?;
        Some(Self {
            names,
            date: DateTimePattern::try_from_pattern_str(date).ok()?,
            date_time: DateTimePattern::try_from_pattern_str(date_time).ok()?,
        })
    }

    fn date(&self, date: IcuDate<Gregorian>) -> String {
        self.write(&self.date, &IcuDateTime { date, time: IcuTime::start_of_day() })
    }

    fn date_time(&self, moment: IcuDateTime<Gregorian>) -> String {
        self.write(&self.date_time, &moment)
    }

    fn write(&self, pattern: &DateTimePattern, moment: &IcuDateTime<Gregorian>) -> String {
        let written = self.names.with_pattern_unchecked(pattern).format(moment);
        let text = written.try_write_to_string().unwrap_or_else(|(_, text)| text);
        text.into_owned()
    }
}

fn icu_date(date: Date) -> Option<IcuDate<Gregorian>> {
    let month = u8::try_from(date.month()).ok()?;
    let day = u8::try_from(date.day()).ok()?;
    IcuDate::try_new_gregorian(i32::from(date.year()), month, day).ok()
}

fn icu_time(time: Time) -> Option<IcuTime> {
    let part = |number: i8| u8::try_from(number).ok();
    let nanoseconds = u32::try_from(time.subsec_nanosecond()).ok()?;
    IcuTime::try_new(part(time.hour())?, part(time.minute())?, part(time.second())?, nanoseconds).ok()
}

fn icu_date_time(moment: DateTime) -> Option<IcuDateTime<Gregorian>> {
    Some(IcuDateTime { date: icu_date(moment.date())?, time: icu_time(moment.time())? })
}

fn icu_zoned(moment: &Zoned) -> Option<ZonedDateTime<Gregorian, TimeZoneInfo<AtTime>>> {
    let local = icu_date_time(moment.datetime())?;
    let zone = moment.time_zone().iana_name().map_or(TimeZone::UNKNOWN, TimeZone::from_iana_id);
    let offset = UtcOffset::try_from_seconds(moment.offset().seconds()).ok();
    let named_at = ZoneNameTimestamp::from_epoch_seconds(moment.timestamp().as_second());
    let zone = zone.with_offset(offset).with_zone_name_timestamp(named_at);
    Some(ZonedDateTime { date: local.date, time: local.time, zone })
}
