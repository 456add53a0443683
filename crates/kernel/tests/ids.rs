//! Ids, positions, cursors and times: one form each, and everything else refused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use kernel::{
    Cursor, Env, ManualClock, Page, PageRequest, Position, SeededEntropy, TenantId, Timestamp,
    UserId, Uuid, time,
};
use proptest::prelude::*;

#[test]
fn ids_are_those_of_the_typeid_specification() {
    // The valid cases of the specification's test file (spec/valid.yml, version 0.3).
    for (suffix, uuid) in [
        ("00000000000000000000000000", "00000000-0000-0000-0000-000000000000"),
        ("00000000000000000000000001", "00000000-0000-0000-0000-000000000001"),
        ("0000000000000000000000000a", "00000000-0000-0000-0000-00000000000a"),
        ("0000000000000000000000000g", "00000000-0000-0000-0000-000000000010"),
        ("00000000000000000000000010", "00000000-0000-0000-0000-000000000020"),
        ("7zzzzzzzzzzzzzzzzzzzzzzzzz", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
        ("01h455vb4pex5vsknk084sn02q", "01890a5d-ac96-774b-bcce-b302099a8057"),
    ] {
        let id: TenantId = format!("tenant_{suffix}").parse().unwrap();
        assert_eq!(id.uuid().to_string(), uuid);
        assert_eq!(id.to_string(), format!("tenant_{suffix}"));
    }
}

#[test]
fn what_is_no_id_is_refused() {
    // The invalid cases of the same specification (spec/invalid.yml), with a fixed prefix.
    for text in [
        "",
        "tenant",
        "tenant_",
        "_01h455vb4pex5vsknk084sn02q",
        "user_01h455vb4pex5vsknk084sn02q",
        "Tenant_01h455vb4pex5vsknk084sn02q",
        "tenant_01H455VB4PEX5VSKNK084SN02Q",
        "tenant_1234567890123456789012345",
        "tenant_123456789012345678901234567",
        "tenant_ooooooiiiiiiuuuuuuulllllll",
        "tenant_8zzzzzzzzzzzzzzzzzzzzzzzzz",
        "tenant_0123456789abcdefghjkmnpq é",
    ] {
        assert!(text.parse::<TenantId>().is_err(), "{text:?}");
    }
    let error = "user_01h455vb4pex5vsknk084sn02q".parse::<TenantId>().unwrap_err();
    assert!(error.to_string().contains("tenant_"), "{error}");
}

#[test]
fn ids_made_later_sort_later_and_a_seed_repeats_them() {
    let clock = ManualClock::at("2026-03-31T00:00:00Z".parse().unwrap());
    let env = || Env::new(clock.clone(), SeededEntropy::new(7));
    let (first, again) = (env().new_uuid(), env().new_uuid());
    assert_eq!(first, again);
    assert_eq!(first.get_version_num(), 7);
    clock.advance_seconds(1);
    assert!(UserId::from_uuid(env().new_uuid()) > UserId::from_uuid(first));
    assert_ne!(Env::system().random_uuid(), Env::system().random_uuid());
}

#[test]
fn dates_and_times_have_one_form() {
    for text in ["2026-02-29", "2026-13-01", "26-01-01", "2026-1-1", "20260101", "", "２０26-01-1"]
    {
        assert!(time::parse_date(text).is_err(), "{text:?}");
    }
    let date = time::parse_date("2024-02-29").unwrap();
    assert_eq!(Timestamp::start_of(date).unwrap().date(), date);
    // date -d 2024-02-29 +%s / 86400
    assert_eq!(time::days_since_epoch(date), 19_782);
    assert_eq!(time::days_since_epoch(time::parse_date("1969-12-31").unwrap()), -1);
    assert!("2026-03-31T10:30:00".parse::<Timestamp>().is_err(), "a time needs its zone");
}

#[test]
fn a_cursor_fits_only_the_list_that_gave_it() {
    let cursor = Cursor { filter: 7, key: vec!["2026-01-01".into(), "é,/".into(), String::new()] };
    let text = cursor.to_string();
    assert_eq!(PageRequest::new(Some(10), Some(&text), 7).unwrap().after, Some(cursor));
    assert!(PageRequest::new(Some(10), Some(&text), 8).is_err());
    assert!(PageRequest::new(Some(0), None, 7).is_err());
    assert!(PageRequest::new(Some(201), None, 7).is_err());
    for text in ["", "c", "7", "c7-4", "c7-zz", "c7-ff", "cé"] {
        assert!(PageRequest::new(None, Some(text), 7).is_err(), "{text:?}");
    }
    let page =
        Page::cut(vec![1, 2, 3], 2, |item| Cursor { filter: 0, key: vec![item.to_string()] });
    assert_eq!((page.items.len(), page.next.unwrap().key), (2, vec!["2".to_owned()]));
}

proptest! {
    #[test]
    fn every_id_round_trips(bits in any::<u128>()) {
        let id = UserId::from_uuid(Uuid::from_u128(bits));
        prop_assert_eq!(id.to_string().parse::<UserId>().unwrap(), id);
    }

    #[test]
    fn ids_sort_as_their_texts(one in any::<u128>(), other in any::<u128>()) {
        let id = |bits| UserId::from_uuid(Uuid::from_u128(bits));
        prop_assert_eq!(id(one).cmp(&id(other)), id(one).to_string().cmp(&id(other).to_string()));
    }

    #[test]
    fn days_round_trip(days in -700_000_i32..2_900_000) {
        prop_assert_eq!(time::days_since_epoch(time::date_from_days(days).unwrap()), days);
    }

    #[test]
    fn nothing_makes_a_reader_panic(text in "\\PC*") {
        let _ = text.parse::<UserId>();
        let _ = text.parse::<Position>();
        let _ = text.parse::<Cursor>();
        let _ = text.parse::<Timestamp>();
        let _ = time::parse_date(&text);
    }

    #[test]
    fn positions_round_trip(streams in prop::collection::btree_map(any::<u128>(), 1_u64.., 0..9)) {
        let mut position = Position::default();
        for (stream, seq) in &streams {
            position.advance(Uuid::from_u128(*stream), *seq);
        }
        prop_assert_eq!(position.to_string().parse::<Position>().unwrap(), position);
    }
}
