//! The contract: what the routes declare, and what holds for all of them.
//!
//! Rules that generators of clients need, held by a test: one schema for money, no `format: uuid`
//! on headers, no `pattern` beside `format: decimal`, an operation id everywhere, a discriminator
//! on every choice of shapes, items of pages by their name, and every operation lists its problems.

use serde_json::{Value, json};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required, Response,
    ResponseBuilder,
};
use utoipa::{PartialSchema as _, ToSchema as _};

use crate::access::operations;
use crate::idempotency::{KEY, KEY_CHARS_MAX};
use crate::routes;
use crate::wire::money::Money;
use crate::wire::problem::{FieldError, Problem};

/// The extension that names the action which a caller's role must allow.
pub(crate) const ACTION: &str = "x-action";
/// The one POST with a token that takes no idempotency key.
const KEYLESS: &str = "stream_lines";
/// The security scheme of access tokens.
pub(crate) const BEARER: &str = "bearer";

/// The contract of every route, as OpenAPI 3.1.
#[must_use]
pub fn contract() -> String {
    // Types that derive their schemas are always JSON.
    let mut contract = serde_json::to_value(finished()).unwrap_or_default();
    name_items(&mut contract);
    let mut text = serde_json::to_string_pretty(&contract).unwrap_or_default();
    text.push('\n');
    text
}

/// What the contract says before any route is added.
pub(crate) fn base() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Florin")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(utoipa::openapi::License::new("Apache-2.0")));
    let mut components = Components::new();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    components.add_security_scheme(BEARER, SecurityScheme::Http(bearer));
    components.schemas.insert(Money::name().into_owned(), Money::schema());
    components.schemas.insert(Problem::name().into_owned(), Problem::schema());
    components.schemas.insert(FieldError::name().into_owned(), FieldError::schema());
    for (status, what) in PROBLEMS {
        components.responses.insert(name_of(status), problem(what).into());
    }
    OpenApiBuilder::new().info(info.build()).components(Some(components)).build()
}

/// The routes' contract, with what holds for all of them.
fn finished() -> OpenApi {
    let mut contract = routes::declared();
    for (path, item) in &mut contract.paths.paths {
        let has_ids = path.contains('{');
        for operation in operations(item) {
            complete(operation, has_ids);
        }
        let changing = [&mut item.put, &mut item.delete, &mut item.patch];
        changing.into_iter().flatten().for_each(complete_change);
        if let Some(operation) = &mut item.post {
            complete_change(operation);
            complete_post(operation);
        }
    }
    contract
}

const DESCRIPTION: &str = "\
The financial back end of a household, a fintech, a broker or a finance team.\n\n\
Amounts are decimal strings with their currency, times are RFC 3339 in UTC, ids carry the kind of \
thing in front (`asset_…`), lists come in pages. Every answer has a `request-id`; every failure is \
a problem document whose `code` is stable. A POST carries an `Idempotency-Key`: sent again with \
the same body, it gets the first answer again and does nothing twice.";

/// The problems that an operation may answer with.
const PROBLEMS: [(u16, &str); 12] = [
    (400, "The request is not well formed, or a field breaks its rule."),
    (401, "There is no good token."),
    (403, "The caller's role does not allow it."),
    (404, "There is no such thing, or not for this caller."),
    (409, "It contradicts what is there, or the same request is still under way."),
    (413, "The body is too large."),
    (415, "The body is of the wrong media type."),
    (422, "Well formed, and refused by a rule; or the key was used for another request."),
    (429, "Too many requests; see Retry-After."),
    (500, "A fault of ours; the request id finds it in the logs."),
    (503, "Something that it needs is down or behind; try again soon."),
    (504, "It took too long."),
];

fn name_of(status: u16) -> String {
    format!("Problem{status}")
}

fn problem(what: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name())));
    let id = ObjectBuilder::new().schema_type(Type::String).build();
    let header = HeaderBuilder::new().schema(Some(id)).description(Some("Names this request."));
    ResponseBuilder::new()
        .description(what)
        .content("application/problem+json", content.build())
        .header("request-id", header.build())
        .build()
}

/// Adds the problems that follow from an operation's form.
fn complete(operation: &mut Operation, has_ids: bool) {
    let mut statuses = vec![400, 429, 500, 503, 504];
    if operation.security.is_some() {
        statuses.extend([401, 403]);
    }
    if has_ids {
        statuses.push(404);
    }
    if operation.request_body.is_some() {
        statuses.extend([413, 415]);
    }
    for status in statuses {
        add_problem(operation, status);
    }
}

/// What changes something may contradict what is there, or break a rule.
fn complete_change(operation: &mut Operation) {
    add_problem(operation, 409);
    add_problem(operation, 422);
}

/// A POST takes an idempotency key, unless there is nobody yet whose key it could be, or each line
/// of it names its own id.
fn complete_post(operation: &mut Operation) {
    let is_keyless = operation.operation_id.as_deref() == Some(KEYLESS);
    if operation.security.is_none() || is_keyless {
        return;
    }
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(KEY_CHARS_MAX))
        .build();
    let key = ParameterBuilder::new()
        .name(spelled(KEY.as_str()))
        .parameter_in(ParameterIn::Header)
        .required(Required::True)
        .description(Some("Made by the caller, a new one for each thing to be done once."))
        .schema(Some(text));
    operation.parameters.get_or_insert_default().push(key.build().into());
}

fn add_problem(operation: &mut Operation, status: u16) {
    let shared = RefOr::Ref(Ref::from_response_name(name_of(status)));
    operation.responses.responses.entry(status.to_string()).or_insert(shared);
}

/// `idempotency-key` as people write it.
fn spelled(name: &str) -> String {
    let part = |part: &str| {
        let (first, rest) = part.split_at(part.len().min(1));
        first.to_uppercase() + rest
    };
    name.split('-').map(part).collect::<Vec<_>>().join("-")
}

/// What the library calls a page of some item, before the item's name.
const PAGE_OF: &str = "Page_";
const SCHEMAS: &str = "#/components/schemas/";

/// The library writes the items of a page out within it. Here they become schemas of their own,
/// and `Page_Member` becomes `MemberPage`.
fn name_items(contract: &mut Value) {
    let Some(schemas) = contract.pointer_mut("/components/schemas").and_then(Value::as_object_mut)
    else {
        return;
    };
    let pages: Vec<String> =
        schemas.keys().filter(|name| name.starts_with(PAGE_OF)).cloned().collect();
    for name in pages {
        let item = name.trim_start_matches(PAGE_OF);
        let Some(mut page) = schemas.remove(&name) else { continue };
        if let Some(items) = page.pointer_mut("/properties/items/items") {
            let written = items.take();
            *items = json!({ "$ref": format!("{SCHEMAS}{item}") });
            if written.get("$ref").is_none() {
                schemas.entry(item).or_insert(written);
            }
        }
        schemas.insert(format!("{item}Page"), page);
    }
    rename_pages(contract);
}

fn rename_pages(value: &mut Value) {
    match value {
        Value::String(text) => {
            let page = text.strip_prefix(SCHEMAS).and_then(|name| name.strip_prefix(PAGE_OF));
            if let Some(item) = page {
                *text = format!("{SCHEMAS}{item}Page");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(rename_pages),
        Value::Object(object) => object.values_mut().for_each(rename_pages),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
