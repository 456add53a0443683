//! Serialisation of the types whose one form on any wire is their text.

/// Implements `Serialize` and `Deserialize` through `Display` and `FromStr`.
#[macro_export]
macro_rules! serde_as_text {
    ($type:ty) => {
        impl $crate::text_serde::Serialize for $type {
            fn serialize<S: $crate::text_serde::Serializer>(
                &self,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> $crate::text_serde::Deserialize<'de> for $type {
            fn deserialize<D: $crate::text_serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err($crate::text_serde::custom)
            }
        }
    };
}
