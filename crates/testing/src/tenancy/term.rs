//! The terms that bind: `tenant = app_tenant()`, joined to others by AND alone.

use sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArguments, Ident, ObjectName, ObjectNamePart,
};

/// The column that every tenant's table has.
pub(super) const TENANT: &str = "tenant";
/// The function that answers the transaction's tenant.
const APP_TENANT: &str = "app_tenant";

/// How a term names the tenant column.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Bound {
    /// `tenant`
    Plain,
    /// `alias.tenant`
    Of(String),
}

/// The terms that must all hold for an expression to hold.
pub(super) fn conjuncts(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            let mut terms = conjuncts(left);
            terms.extend(conjuncts(right));
            terms
        }
        Expr::Nested(inner) => conjuncts(inner),
        term => vec![term],
    }
}

/// What a term binds to the transaction's tenant, if anything.
pub(super) fn binding(term: &Expr) -> Option<Bound> {
    let Expr::BinaryOp { left, op: BinaryOperator::Eq, right } = term else { return None };
    let column = if is_app_tenant(right) {
        left
    } else if is_app_tenant(left) {
        right
    } else {
        return None;
    };
    match column.as_ref() {
        Expr::Identifier(column) if name(column)? == TENANT => Some(Bound::Plain),
        Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [of, column] if name(column)? == TENANT => Some(Bound::Of(name(of)?)),
            _ => None,
        },
        _ => None,
    }
}

/// Whether an expression is `app_tenant()` and nothing else.
pub(super) fn is_app_tenant(expr: &Expr) -> bool {
    let Expr::Function(function) = expr else { return false };
    let Function {
        name,
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(list),
        within_group,
        filter: None,
        null_treatment: None,
        over: None,
    } = function
    else {
        return false;
    };
    simple_name(name).as_deref() == Some(APP_TENANT)
        && list.args.is_empty()
        && list.clauses.is_empty()
        && list.duplicate_treatment.is_none()
        && within_group.is_empty()
}

/// A name as the database folds it; a quoted one is none of ours.
pub(super) fn name(ident: &Ident) -> Option<String> {
    ident.quote_style.is_none().then(|| ident.value.to_lowercase())
}

/// A name of one part.
pub(super) fn simple_name(object: &ObjectName) -> Option<String> {
    match object.0.as_slice() {
        [ObjectNamePart::Identifier(ident)] => name(ident),
        _ => None,
    }
}
