//! What a FROM brings into a scope, and the conditions of the joins that bring it.

use std::collections::BTreeSet;

use sqlparser::ast::{
    Expr, Join, JoinConstraint, JoinOperator, TableAlias, TableFactor, TableWithJoins,
};
use storage::Ownership;

use super::term::{Bound, binding, conjuncts, name, simple_name};
use super::walk::Walk;

/// Functions that may stand in FROM: they make rows of their arguments and read no table.
const ROW_FUNCTIONS: &[&str] = &["generate_series", "json_each", "unnest"];

/// The names of common table expressions in force.
pub(super) type Ctes = BTreeSet<String>;

/// One source of rows in a scope.
pub(super) struct Source<'a> {
    /// The name by which columns are qualified.
    alias: Option<String>,
    /// The tenant's table that it is, if it is one.
    tenant_table: Option<String>,
    /// The conditions of the joins that bring it.
    conditions: Vec<&'a Expr>,
}

/// What one FROM brings.
#[derive(Default)]
pub(super) struct Scope<'a> {
    sources: Vec<Source<'a>>,
    /// Whether a RIGHT or FULL join may let rows through that its other conditions exclude.
    is_outer: bool,
}

impl<'a> Scope<'a> {
    /// What a statement names beside it: the FROM of an UPDATE, the USING of a DELETE.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.sources.extend(other.sources);
        self.is_outer |= other.is_outer;
        self
    }

    /// The tenants' tables that are bound neither by a term of `selection` nor by a join.
    pub(super) fn unbound(&self, selection: Option<&Expr>) -> Vec<String> {
        let alone = self.sources.len() == 1;
        let is_unbound = |source: &&Source<'a>| {
            let conditions = selection.into_iter().chain(source.conditions.iter().copied());
            let mut terms = conditions.flat_map(conjuncts);
            !terms.any(|term| match binding(term) {
                Some(Bound::Plain) => alone,
                Some(Bound::Of(alias)) => source.alias.as_ref() == Some(&alias),
                None => false,
            })
        };
        let tenants = self.sources.iter().filter(|source| source.tenant_table.is_some());
        let unbound = tenants.filter(|source| self.is_outer || is_unbound(source));
        unbound.filter_map(|source| source.tenant_table.clone()).collect()
    }
}

impl Walk<'_> {
    /// Reads a FROM.
    pub(super) fn scope<'a>(&mut self, from: &'a [TableWithJoins], ctes: &Ctes) -> Scope<'a> {
        let mut scope = Scope::default();
        for tables in from {
            self.tables_with_joins(tables, &[], ctes, &mut scope);
        }
        scope
    }

    /// `conditions` are those of a join around the whole.
    fn tables_with_joins<'a>(
        &mut self,
        tables: &'a TableWithJoins,
        conditions: &[&'a Expr],
        ctes: &Ctes,
        scope: &mut Scope<'a>,
    ) {
        self.factor(&tables.relation, conditions, ctes, scope);
        for Join { relation, global, join_operator } in &tables.joins {
            let constraint = match join_operator {
                JoinOperator::Join(constraint)
                | JoinOperator::Inner(constraint)
                | JoinOperator::Left(constraint)
                | JoinOperator::LeftOuter(constraint)
                | JoinOperator::CrossJoin(constraint)
                    if !global =>
                {
                    constraint
                }
                JoinOperator::Right(constraint)
                | JoinOperator::RightOuter(constraint)
                | JoinOperator::FullOuter(constraint)
                    if !global =>
                {
                    scope.is_outer = true;
                    constraint
                }
                _ => {
                    self.refuse("a kind of join that is not understood");
                    return;
                }
            };
            let mut conditions = conditions.to_vec();
            match constraint {
                JoinConstraint::On(condition) => conditions.push(condition),
                JoinConstraint::Using(_) | JoinConstraint::Natural | JoinConstraint::None => {}
            }
            self.factor(relation, &conditions, ctes, scope);
        }
    }

    fn factor<'a>(
        &mut self,
        factor: &'a TableFactor,
        conditions: &[&'a Expr],
        ctes: &Ctes,
        scope: &mut Scope<'a>,
    ) {
        match factor {
            TableFactor::Table { args: None, .. } => {
                self.table(factor, conditions, ctes, scope);
            }
            TableFactor::Table { name, alias, args: Some(_), .. } => {
                let name = simple_name(name).unwrap_or_default();
                self.relations.push(name.clone());
                if !ROW_FUNCTIONS.contains(&name.as_str()) {
                    self.refuse(&format!("function {name} in FROM is not understood"));
                }
                scope.sources.push(Source::foreign(alias.as_ref()));
            }
            // Its query is read as every subquery is.
            TableFactor::Derived { alias, sample: None, .. }
            | TableFactor::UNNEST { alias, .. } => {
                scope.sources.push(Source::foreign(alias.as_ref()));
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => {
                self.tables_with_joins(table_with_joins, conditions, ctes, scope);
            }
            _ => self.refuse("a part of FROM that is not understood"),
        }
    }

    fn table<'a>(
        &mut self,
        factor: &TableFactor,
        conditions: &[&'a Expr],
        ctes: &Ctes,
        scope: &mut Scope<'a>,
    ) {
        let TableFactor::Table {
            name: object,
            alias,
            args: None,
            with_hints,
            version: None,
            with_ordinality: false,
            partitions,
            json_path: None,
            sample: None,
            index_hints,
        } = factor
        else {
            return self.refuse("a part of FROM that is not understood");
        };
        if !(with_hints.is_empty() && partitions.is_empty() && index_hints.is_empty()) {
            self.refuse("a part of FROM that is not understood");
        }
        let Some(table) = simple_name(object) else {
            return self.refuse(&format!("table {object} is quoted or of several parts"));
        };
        self.relations.push(table.clone());
        if ctes.contains(&table) {
            scope.sources.push(Source::foreign(alias.as_ref()));
            return;
        }
        let alias_name = alias.as_ref().map_or(Some(table.clone()), |alias| name(&alias.name));
        // `AS a (tenant, id)` gives columns other names than the table's.
        if alias.as_ref().is_some_and(|alias| !alias.columns.is_empty() || alias.at.is_some()) {
            self.refuse(&format!("table {table} gives its columns other names"));
        }
        let is_tenant =
            matches!(self.ownership(&table), Some(Ownership::Tenant | Ownership::TenantView));
        scope.sources.push(Source {
            alias: alias_name,
            tenant_table: is_tenant.then_some(table),
            conditions: conditions.to_vec(),
        });
    }
}

impl Source<'_> {
    /// A subquery, a common table expression, a function: bound where it is made.
    fn foreign(alias: Option<&TableAlias>) -> Self {
        let alias = alias.and_then(|alias| name(&alias.name));
        Self { alias, tenant_table: None, conditions: Vec::new() }
    }
}
