//! The time of a new revision, in the time zone of the configuration.

use chrono::{DateTime, Datelike, FixedOffset, Timelike, Utc};

use crate::config::{Unit, Zone};

/// A moment as clocks show it somewhere.
pub(crate) struct Moment(DateTime<FixedOffset>);

impl Moment {
    /// This moment there.
    pub(crate) fn now(zone: &Zone) -> Self {
        Self::of(now(), zone)
    }

    /// Another one there.
    pub(crate) fn of(time: DateTime<Utc>, zone: &Zone) -> Self {
        let ahead = i32::try_from(zone.ahead(time.timestamp())).ok().and_then(FixedOffset::east_opt);
        Self(ahead.map_or_else(|| time.fixed_offset(), |ahead| time.with_timezone(&ahead)))
    }

    /// A part of it.
    pub(crate) fn part(&self, unit: Unit) -> i64 {
        let Self(time) = self;
        match unit {
            Unit::Year => i64::from(time.year()),
            Unit::Month => i64::from(time.month()),
            Unit::Day => i64::from(time.day()),
            Unit::Hour => i64::from(time.hour()),
            Unit::Minute => i64::from(time.minute()),
            Unit::Second => i64::from(time.second()),
            Unit::Epoch => time.timestamp(),
        }
    }

    /// As RFC 3339 has it: `2026-11-21T15:30:00Z`, `2026-11-21T16:30:00+01:00`.
    pub(crate) fn stamp(&self) -> String {
        self.0.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }
}

/// This moment.
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_differ_and_the_moment_does_not() {
        let time = DateTime::from_timestamp(1_784_116_801, 0).unwrap();
        let (here, there) = (Moment::of(time, &Zone::Fixed(0)), Moment::of(time, &Zone::Fixed(19_800)));
        assert_eq!(
            (here.stamp().as_str(), there.stamp().as_str()),
            ("2026-07-15T12:00:01Z", "2026-07-15T17:30:01+05:30")
        );
        let parts = [Unit::Year, Unit::Month, Unit::Day, Unit::Hour, Unit::Minute, Unit::Second, Unit::Epoch];
        assert_eq!(parts.map(|unit| there.part(unit)), [2026, 7, 15, 17, 30, 1, 1_784_116_801]);
        assert_eq!(here.part(Unit::Epoch), there.part(Unit::Epoch));
    }
}
