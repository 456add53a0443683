//! Money is exact: parsing and printing round trip, nothing is lost in a split, every overflow is
//! an error, and each rounding is the one that its name says.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it breaks")]

use kernel::amount::Factor;
use kernel::{Amount, AmountError, Commodity, Decimal, Money, Rounding, SCALE_MAX, iso4217};
use proptest::prelude::*;

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).unwrap()
}

#[test]
fn roundings_are_those_of_ieee_754_and_java() {
    // The table of java.math.RoundingMode's documentation.
    let inputs = ["5.5", "2.5", "1.6", "1.1", "1.0", "-1.0", "-1.1", "-1.6", "-2.5", "-5.5"];
    let table = [
        (Rounding::Up, [6, 3, 2, 2, 1, -1, -2, -2, -3, -6]),
        (Rounding::Down, [5, 2, 1, 1, 1, -1, -1, -1, -2, -5]),
        (Rounding::Ceiling, [6, 3, 2, 2, 1, -1, -1, -1, -2, -5]),
        (Rounding::Floor, [5, 2, 1, 1, 1, -1, -2, -2, -3, -6]),
        (Rounding::HalfUp, [6, 3, 2, 1, 1, -1, -1, -2, -3, -6]),
        (Rounding::HalfEven, [6, 2, 2, 1, 1, -1, -1, -2, -2, -6]),
    ];
    for (rounding, expected) in table {
        for (input, want) in inputs.iter().zip(expected) {
            let got = decimal(input).to_amount(0, rounding).unwrap().minor();
            assert_eq!(got, want, "{input} {rounding:?}");
        }
    }
}

#[test]
fn malformed_numbers_are_refused() {
    for text in
        ["", "-", "+", ".", "1.", ".5", "1e5", "1,5", " 1", "1 ", "--1", "0x1", "1.2.3", "NaN", "١"]
    {
        assert!(Decimal::parse(text).is_err(), "{text:?}");
    }
    assert!(Decimal::parse(&"9".repeat(39)).is_err());
    assert!(Decimal::parse(&format!("0.{}", "0".repeat(39))).is_err());
    assert!(Decimal::parse(&"0".repeat(1_000_000)).is_err());
}

#[test]
fn digits_that_a_currency_has_not_are_refused_not_rounded() {
    let error = Amount::parse("10.005", 2).unwrap_err();
    assert_eq!(error, AmountError::TooPrecise { found: "10.005".into(), scale: 2 });
    assert_eq!(Amount::parse("10.50000", 2).unwrap(), Amount::from_minor(10_50));
    assert_eq!(Money::parse("-0.10", "BHD").unwrap().to_string(), "-0.100 BHD");
}

#[test]
fn a_cross_rate_is_rounded_once() {
    // 1 EUR = 1.5904 AUD and 1 EUR = 175.68 JPY (ECB, 2026-10-30): 10,000 JPY in AUD is
    // 10000 × 1.5904 / 175.68 = 90.5282…, worked out with bc(1).
    let factor = Factor::ratio(decimal("1.5904"), decimal("175.68")).unwrap();
    let aud = Amount::from_minor(10_000).convert(0, &factor, 2, Rounding::HalfEven).unwrap();
    assert_eq!(aud, Amount::from_minor(90_53));
}

#[test]
fn the_table_of_currencies_is_ordered_and_whole() {
    let codes: Vec<_> = iso4217::CURRENCIES.iter().map(|currency| currency.code).collect();
    assert!(codes.is_sorted_by(|one, other| one < other));
    // Decimals as ISO 4217 lists them.
    for (code, scale) in [("JPY", 0), ("KWD", 3), ("CLF", 4), ("AUD", 2), ("UGX", 0), ("ISK", 0)] {
        assert_eq!(Commodity::well_known(code).unwrap().scale, scale, "{code}");
    }
}

#[test]
fn the_ends_of_the_range_are_errors() {
    let one = Amount::from_minor(1);
    assert_eq!(Amount::MAX.checked_add(one), Err(AmountError::Overflow));
    assert_eq!(Amount::MIN.checked_sub(one), Err(AmountError::Overflow));
    assert_eq!(Amount::MIN.negate(), Amount::MAX);
    assert!(Amount::try_from_minor(i128::MIN).is_err());
    let twice = Factor::of(decimal("2"));
    assert!(Amount::MAX.convert(0, &twice, 0, Rounding::Down).is_err());
    assert!(Factor::ratio(Decimal::ONE, Decimal::ZERO).is_err());
    assert!(Amount::MAX.allocate(&[]).is_err() && Amount::MAX.allocate(&[0, 0]).is_err());
}

fn amounts() -> impl Strategy<Value = Amount> {
    prop_oneof![
        any::<i64>().prop_map(|minor| Amount::from_minor(i128::from(minor))),
        any::<i128>().prop_map(Amount::from_minor),
        Just(Amount::MAX),
        Just(Amount::MIN),
        Just(Amount::ZERO),
    ]
}

proptest! {
    #[test]
    fn print_then_parse_gives_the_same(amount in amounts(), scale in 0..=SCALE_MAX) {
        let text = amount.to_decimal(scale).unwrap().to_string();
        prop_assert_eq!(Amount::parse(&text, scale).unwrap(), amount);
    }

    #[test]
    fn parse_then_print_gives_the_same(text in "-?(0|[1-9][0-9]{0,18})(\\.[0-9]{1,18})?") {
        let printed = Decimal::parse(&text).unwrap().to_string();
        let negative_zero = text.trim_start_matches('-').bytes().all(|b| b == b'0' || b == b'.');
        let expected = if negative_zero { text.trim_start_matches('-') } else { &text };
        prop_assert_eq!(printed, expected);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC*") {
        let _ = Decimal::parse(&text);
        let _ = Amount::parse(&text, 2);
        let _ = Commodity::new(&text, 2);
    }

    #[test]
    fn a_split_loses_nothing(
        amount in amounts(),
        weights in prop::collection::vec(0_u64.., 1..20),
    ) {
        prop_assume!(weights.iter().any(|weight| *weight > 0));
        let parts = amount.allocate(&weights).unwrap();
        prop_assert_eq!(Amount::checked_sum(parts.iter().copied()).unwrap(), amount);
        for (part, weight) in parts.iter().zip(&weights) {
            prop_assert!(*weight > 0 || part.is_zero());
            prop_assert!(part.is_zero() || part.is_negative() == amount.is_negative());
        }
    }

    #[test]
    fn equal_weights_differ_by_one_unit_at_most(amount in amounts(), count in 1_usize..50) {
        let parts = amount.allocate(&vec![1; count]).unwrap();
        let (least, most) = (parts.iter().min().unwrap(), parts.iter().max().unwrap());
        prop_assert!(most.checked_sub(*least).unwrap().minor() <= 1);
    }

    #[test]
    fn sums_are_exact_or_errors(left in any::<i128>(), right in any::<i128>()) {
        let sum = Amount::from_minor(left).checked_add(Amount::from_minor(right));
        let exact = Amount::from_minor(left).minor().checked_add(Amount::from_minor(right).minor());
        match exact {
            Some(exact) if exact != i128::MIN => prop_assert_eq!(sum.unwrap().minor(), exact),
            _ => prop_assert!(sum.is_err()),
        }
    }

    #[test]
    fn decimals_order_as_their_values(
        a in any::<i64>(),
        b in any::<i64>(),
        s in 0_u8..18,
        t in 0_u8..18,
    ) {
        let one = Decimal::new(i128::from(a), s).unwrap();
        let two = Decimal::new(i128::from(b), t).unwrap();
        // Compared by whole numbers: a × 10^t against b × 10^s.
        let left = i128::from(a) * 10_i128.pow(t.into());
        let right = i128::from(b) * 10_i128.pow(s.into());
        prop_assert_eq!(one.cmp(&two), left.cmp(&right));
    }
}
