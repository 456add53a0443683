//! What goes in comes out.

use kernel::{Amount, Date, Timestamp, Uuid};
use storage::{Mode, Row, StorageError, Value, params};
use testing::TestDatabase;

use crate::sample::{SAMPLE, begin};

storage::sql! {
    PUT = "INSERT INTO sample_value
               (tenant, number, amount, at, day, thing, document, words, raw, truth)
           VALUES (app_tenant(), $1, $2, $3, $4, $5, $6, $7, $8, $9)";
    GET = "SELECT number, amount, at, day, thing, document, words, raw, truth
           FROM sample_value WHERE tenant = app_tenant() AND number = $1";
    SWAPPED = "SELECT CAST($2 AS bigint), CAST($1 AS bigint), CAST($2 AS bigint)";
    TWELVE = "SELECT CAST($12 AS bigint), CAST($1 AS bigint), CAST($11 AS bigint),
                     CAST($2 AS bigint) + CAST($3 AS bigint) + CAST($4 AS bigint),
                     CAST($5 AS bigint) + CAST($6 AS bigint) + CAST($7 AS bigint),
                     CAST($8 AS bigint) + CAST($9 AS bigint) + CAST($10 AS bigint)";
    FRACTION = "SELECT 1.5";
    BELOW =
        "SELECT number, words FROM sample_value
         WHERE tenant = app_tenant() AND number < $1 AND (words = $2 OR $2 IS NULL)
         ORDER BY number DESC LIMIT $3";
    NOTHING = "SELECT number FROM sample_value WHERE tenant = app_tenant() AND false";
}

async fn round_trip(db: &TestDatabase, number: i64, rest: [Value; 8]) -> Row {
    let tenant = kernel::TenantId::from_uuid(Uuid::from_u128(1));
    let mut tx = begin(db, tenant, Mode::Write).await;
    let mut params = params![number];
    params.extend(rest);
    tx.execute_one(&PUT, params).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = begin(db, tenant, Mode::Read).await;
    tx.row(&GET, params![number]).await.unwrap().unwrap()
}

fn only(index: usize, value: impl Into<Value>) -> [Value; 8] {
    let mut values = std::array::from_fn(|_| Value::Null);
    values[index] = value.into();
    values
}

testing::both_databases! {
    modules = [SAMPLE];

    async fn every_kind_of_value_comes_back(db: TestDatabase) {
        let (id, bytes) = (Uuid::from_u128(u128::MAX - 7), vec![0_u8, 255, 39, 92]);
        let day: Date = "2024-02-29".parse().unwrap();
        let at: Timestamp = "2026-03-31T10:30:00.123456Z".parse().unwrap();
        let words = "it's \"$1\" {lock} \\ ünïcødé 🏦";
        let values = [
            Amount::from_minor(-12).into(),
            at.into(),
            day.into(),
            id.into(),
            Value::Json("{\"b\": 1}".to_owned()),
            words.into(),
            bytes.clone().into(),
            true.into(),
        ];
        let row = round_trip(&db, i64::MIN, values).await;
        assert_eq!(row.get::<i64>(0).unwrap(), i64::MIN);
        assert_eq!(row.get::<Amount>(1).unwrap(), Amount::from_minor(-12));
        assert_eq!(row.get::<Timestamp>(2).unwrap(), at);
        assert_eq!(row.get::<Date>(3).unwrap(), day);
        assert_eq!(row.get::<Uuid>(4).unwrap(), id);
        assert_eq!(row.get::<String>(5).unwrap(), "{\"b\": 1}");
        assert_eq!(row.get::<String>(6).unwrap(), words);
        assert_eq!(row.get::<Vec<u8>>(7).unwrap(), bytes);
        assert!(row.get::<bool>(8).unwrap());
    }

    async fn null_comes_back_as_null_and_as_nothing_else(db: TestDatabase) {
        let row = round_trip(&db, 1, std::array::from_fn(|_| Value::Null)).await;
        assert_eq!(row.get::<Option<Amount>>(1).unwrap(), None);
        assert_eq!(row.get::<Option<Timestamp>>(2).unwrap(), None);
        assert_eq!(row.get::<Option<Date>>(3).unwrap(), None);
        assert_eq!(row.get::<Option<Uuid>>(4).unwrap(), None);
        assert_eq!(row.get::<Option<String>>(6).unwrap(), None);
        assert_eq!(row.get::<Option<bool>>(8).unwrap(), None);
        let error = row.get::<Amount>(1).unwrap_err();
        assert!(matches!(error, StorageError::Type { column: 1, found: "NULL", .. }), "{error}");
        assert!(matches!(row.get::<i64>(9), Err(StorageError::Type { column: 9, .. })));
    }

    async fn the_largest_and_the_smallest_amounts_come_back(db: TestDatabase) {
        let minors = [i128::MAX, -i128::MAX, 0, 1, -1, 10_000, 99_999_999, -10_i128.pow(38)];
        for (number, minor) in (0_i64..).zip(minors) {
            let amount = Amount::from_minor(minor);
            let row = round_trip(&db, number, only(0, amount)).await;
            assert_eq!(row.get::<Amount>(1).unwrap(), amount);
        }
    }

    async fn times_before_1970_and_of_each_microsecond_come_back(db: TestDatabase) {
        let micros = [0, -1, 1, -62_135_596_800_000_000, 253_402_300_799_999_999];
        for (number, micros) in (0_i64..).zip(micros) {
            let time = Timestamp::from_micros(micros);
            let row = round_trip(&db, number, only(1, time)).await;
            assert_eq!(row.get::<Timestamp>(2).unwrap(), time);
        }
    }

    async fn dates_of_every_century_come_back(db: TestDatabase) {
        let days = ["0001-01-01", "1582-10-15", "1969-12-31", "1970-01-01", "9999-12-31"];
        for (number, day) in (0_i64..).zip(days) {
            let day: Date = day.parse().unwrap();
            let row = round_trip(&db, number, only(2, day)).await;
            assert_eq!(row.get::<Date>(3).unwrap(), day);
        }
    }

    async fn parameters_go_by_their_numbers(db: TestDatabase) {
        let mut tx = begin(&db, kernel::TenantId::COMMON, Mode::Read).await;
        let row = tx.row(&SWAPPED, params![1, 2]).await.unwrap().unwrap();
        let found: [i64; 3] = [0, 1, 2].map(|column| row.get(column).unwrap());
        assert_eq!(found, [2, 1, 2]);
        let many = (1_i64..=12).map(Value::from).collect();
        let row = tx.row(&TWELVE, many).await.unwrap().unwrap();
        let found: [i64; 6] = std::array::from_fn(|column| row.get(column).unwrap());
        assert_eq!(found, [12, 1, 11, 9, 18, 27]);
    }

    async fn a_fraction_is_no_number_of_ours(db: TestDatabase) {
        let mut tx = begin(&db, kernel::TenantId::COMMON, Mode::Read).await;
        let amount = match tx.row(&FRACTION, params![]).await {
            Ok(row) => row.unwrap().get::<Amount>(0),
            Err(error) => Err(error),
        };
        amount.unwrap_err();
    }

    async fn no_row_is_no_error(db: TestDatabase) {
        let mut tx = begin(&db, kernel::TenantId::COMMON, Mode::Read).await;
        assert_eq!(tx.row(&NOTHING, params![]).await.unwrap(), None);
    }

    async fn each_of_many_questions_has_its_own_answer(db: TestDatabase) {
        let (tenant, other) = (db.new_tenant(), db.new_tenant());
        for (owner, numbers) in [(tenant, 1..=4), (other, 0..=9)] {
            let mut tx = begin(&db, owner, Mode::Write).await;
            for number in numbers {
                let words = if number % 2 == 0 { "even" } else { "odd" };
                let mut params = params![number];
                params.extend(only(5, words));
                tx.execute_one(&PUT, params).await.unwrap();
            }
            tx.commit().await.unwrap();
        }
        let none = None::<&str>;
        let questions = [
            (params![3_i64, none, 9_i64], vec![2, 1]),
            (params![1_i64, none, 9_i64], vec![]),
            (params![9_i64, "even", 9_i64], vec![4, 2]),
            (params![9_i64, none, 2_i64], vec![4, 3]),
            (params![3_i64, none, 9_i64], vec![2, 1]),
            (params![9_i64, none, 0_i64], vec![]),
        ];
        let mut tx = begin(&db, tenant, Mode::Read).await;
        for count in 0..=questions.len() {
            let asked = questions[..count].iter().map(|(params, _)| params.clone()).collect();
            let answers = tx.rows_many(&BELOW, asked).await.unwrap();
            let number = |row: &Row| row.get::<i64>(0).unwrap();
            let answers: Vec<Vec<i64>> =
                answers.iter().map(|rows| rows.iter().map(number).collect()).collect();
            let expected: Vec<Vec<i64>> =
                questions[..count].iter().map(|(_, expected)| expected.clone()).collect();
            assert_eq!(answers, expected);
        }
    }
}
