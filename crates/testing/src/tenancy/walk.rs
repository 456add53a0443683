//! The walk through one statement, scope by scope.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use sqlparser::ast::{
    Assignment, AssignmentTarget, ConflictTarget, Delete, FromTable, Insert, ObjectName,
    ObjectNamePart, OnConflict, OnConflictAction, OnInsert, Query, Select, SelectItem, SetExpr,
    Statement, TableObject, Update, UpdateTableFromKind, Visit, Visitor, visit_relations,
};
use storage::Ownership;

use super::Violation;
use super::source::Ctes;
use super::term::{Bound, TENANT, binding, conjuncts, is_app_tenant, name, simple_name};

pub(super) struct Walk<'a> {
    tables: &'a BTreeMap<String, Ownership>,
    /// Each mention of a table that was looked at.
    pub(super) relations: Vec<String>,
    violations: Vec<Violation>,
}

impl<'a> Walk<'a> {
    pub(super) const fn new(tables: &'a BTreeMap<String, Ownership>) -> Self {
        Self { tables, relations: Vec::new(), violations: Vec::new() }
    }

    pub(super) fn run(mut self, statement: &Statement) -> Vec<Violation> {
        self.statement(statement, &Ctes::new());
        // Whatever part of the tree names a table must have been looked at.
        let mut named = Vec::new();
        let _: ControlFlow<()> = visit_relations(statement, |relation| {
            named.push(simple_name(relation).unwrap_or_else(|| relation.to_string()));
            ControlFlow::Continue(())
        });
        named.sort();
        self.relations.sort();
        if self.violations.is_empty() && named != self.relations {
            let seen = self.relations.join(", ");
            self.refuse(&format!("it names {}, of which was read {seen}", named.join(", ")));
        }
        self.violations
    }

    pub(super) fn refuse(&mut self, what: &str) {
        self.violations.push(Violation { what: what.to_owned() });
    }

    /// Whose a table is. One that nobody declared, or that is Florin's own, is refused.
    pub(super) fn ownership(&mut self, table: &str) -> Option<Ownership> {
        let ownership = self.tables.get(table).copied();
        match ownership {
            None => self.refuse(&format!("no migration declares whose table {table} is")),
            Some(Ownership::System) => {
                self.refuse(&format!("table {table} is for system statements alone"));
            }
            Some(Ownership::Tenant | Ownership::TenantView | Ownership::Common) => {}
        }
        ownership
    }

    fn statement(&mut self, statement: &Statement, ctes: &Ctes) {
        match statement {
            Statement::Query(query) => self.query(query, ctes),
            Statement::Insert(insert) => self.insert(insert, ctes),
            Statement::Update(update) => self.update(update, ctes),
            Statement::Delete(delete) => self.delete(delete, ctes),
            _ => self.refuse("a kind of statement that is not understood"),
        }
    }

    fn query(&mut self, query: &Query, ctes: &Ctes) {
        let mut ctes = ctes.clone();
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            match name(&cte.alias.name) {
                Some(name) if self.tables.contains_key(&name) => {
                    self.refuse(&format!("WITH {name} has the name of a table"));
                }
                Some(name) => drop(ctes.insert(name)),
                None => self.refuse("WITH has a quoted name"),
            }
            self.query(&cte.query, &ctes);
        }
        self.nested(&query.order_by, &ctes);
        self.nested(&query.limit_clause, &ctes);
        self.nested(&query.fetch, &ctes);
        let Query { for_clause: None, settings: None, format_clause: None, pipe_operators, .. } =
            query
        else {
            return self.refuse("a query that is not understood");
        };
        if !pipe_operators.is_empty() {
            self.refuse("a query that is not understood");
        }
        self.set_expr(&query.body, &ctes);
    }

    fn set_expr(&mut self, body: &SetExpr, ctes: &Ctes) {
        match body {
            SetExpr::Select(select) => self.select(select, ctes),
            SetExpr::Query(query) => self.query(query, ctes),
            SetExpr::SetOperation { left, right, .. } => {
                self.set_expr(left, ctes);
                self.set_expr(right, ctes);
            }
            SetExpr::Values(values) => self.nested(values, ctes),
            SetExpr::Insert(statement)
            | SetExpr::Update(statement)
            | SetExpr::Delete(statement) => self.statement(statement, ctes),
            SetExpr::Merge(_) | SetExpr::Table(_) => {
                self.refuse("a kind of query that is not understood");
            }
        }
    }

    fn select(&mut self, select: &Select, ctes: &Ctes) {
        let Select { top: None, into: None, prewhere: None, qualify: None, .. } = select else {
            return self.refuse("a SELECT that is not understood");
        };
        let unknown = [
            select.lateral_views.is_empty(),
            select.connect_by.is_empty(),
            select.cluster_by.is_empty(),
            select.distribute_by.is_empty(),
            select.sort_by.is_empty(),
            select.exclude.is_none(),
            select.value_table_mode.is_none(),
        ];
        if unknown.contains(&false) {
            self.refuse("a SELECT that is not understood");
        }
        let scope = self.scope(&select.from, ctes);
        self.bound(scope.unbound(select.selection.as_ref()));
        self.nested(select, ctes);
    }

    fn update(&mut self, update: &Update, ctes: &Ctes) {
        let from = match &update.from {
            None => &[],
            Some(UpdateTableFromKind::AfterSet(from)) => from.as_slice(),
            Some(UpdateTableFromKind::BeforeSet(_)) => {
                return self.refuse("an UPDATE that is not understood");
            }
        };
        let plain = update.table.joins.is_empty()
            && update.or.is_none()
            && update.output.is_none()
            && update.limit.is_none()
            && update.order_by.is_empty();
        if !plain {
            self.refuse("an UPDATE that is not understood");
        }
        let target = self.scope(std::slice::from_ref(&update.table), ctes);
        let scope = target.and(self.scope(from, ctes));
        self.bound(scope.unbound(update.selection.as_ref()));
        self.assignments(&update.assignments);
        self.nested(update, ctes);
    }

    fn delete(&mut self, delete: &Delete, ctes: &Ctes) {
        let FromTable::WithFromKeyword(from) = &delete.from else {
            return self.refuse("a DELETE that is not understood");
        };
        let plain = delete.tables.is_empty()
            && delete.output.is_none()
            && delete.limit.is_none()
            && delete.order_by.is_empty();
        if !plain || from.len() != 1 {
            self.refuse("a DELETE that is not understood");
        }
        let using = delete.using.as_deref().unwrap_or_default();
        let scope = self.scope(from, ctes).and(self.scope(using, ctes));
        self.bound(scope.unbound(delete.selection.as_ref()));
        self.nested(delete, ctes);
    }

    fn insert(&mut self, insert: &Insert, ctes: &Ctes) {
        let TableObject::TableName(object) = &insert.table else {
            return self.refuse("an INSERT that is not understood");
        };
        let plain = insert.or.is_none()
            && !insert.replace_into
            && !insert.ignore
            && !insert.overwrite
            && insert.assignments.is_empty()
            && insert.partitioned.is_none()
            && insert.output.is_none()
            && insert.insert_alias.is_none()
            && insert.multi_table_insert_type.is_none();
        if !plain {
            self.refuse("an INSERT that is not understood");
        }
        let Some(table) = simple_name(object) else {
            return self.refuse(&format!("table {object} is quoted or of several parts"));
        };
        self.relations.push(table.clone());
        if self.ownership(&table) == Some(Ownership::Tenant) {
            let column = insert.columns.iter().position(is_tenant_column);
            match (column, &insert.source) {
                (Some(column), Some(source)) if self.gives_tenant(&source.body, column) => {}
                _ => self.refuse(&format!(
                    "INSERT INTO {table} does not give tenant the value app_tenant()"
                )),
            }
            self.on_insert(insert, &table);
        }
        self.nested(insert, ctes);
    }

    /// Whether each row of a source has `app_tenant()` in a column.
    fn gives_tenant(&self, source: &SetExpr, column: usize) -> bool {
        match source {
            SetExpr::Values(values) => {
                values.rows.iter().all(|row| row.content.get(column).is_some_and(is_app_tenant))
            }
            SetExpr::Select(select) => {
                let single = |item: &SelectItem| {
                    matches!(item, SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. })
                };
                let given = match select.projection.get(column) {
                    Some(SelectItem::UnnamedExpr(expr)) => is_app_tenant(expr),
                    Some(SelectItem::ExprWithAlias { expr, .. }) => is_app_tenant(expr),
                    _ => false,
                };
                // A `*` before it would move it to another column.
                given && select.projection.iter().all(single)
            }
            SetExpr::Query(query) => self.gives_tenant(&query.body, column),
            SetExpr::SetOperation { left, right, .. } => {
                self.gives_tenant(left, column) && self.gives_tenant(right, column)
            }
            _ => false,
        }
    }

    fn on_insert(&mut self, insert: &Insert, table: &str) {
        let OnConflict { conflict_target, action } = match &insert.on {
            None => return,
            Some(OnInsert::OnConflict(conflict)) => conflict,
            Some(_) => return self.refuse("an INSERT that is not understood"),
        };
        let OnConflictAction::DoUpdate(update) = action else { return };
        self.assignments(&update.assignments);
        let in_target = match conflict_target {
            Some(ConflictTarget::Columns(columns)) => {
                columns.iter().any(|column| name(column).as_deref() == Some(TENANT))
            }
            Some(ConflictTarget::OnConstraint(_)) | None => false,
        };
        let alias = insert.table_alias.as_ref().map(|alias| name(&alias.alias));
        let alias = alias.unwrap_or_else(|| Some(table.to_owned()));
        let mut terms = update.selection.iter().flat_map(conjuncts);
        let in_where = terms.any(|term| match binding(term) {
            Some(Bound::Of(of)) => Some(of) == alias,
            Some(Bound::Plain) | None => false,
        });
        if !(in_target || in_where) {
            self.refuse(&format!(
                "ON CONFLICT DO UPDATE of {table} has tenant neither in its target nor bound in \
                 its WHERE as {table}.tenant"
            ));
        }
    }

    fn assignments(&mut self, assignments: &[Assignment]) {
        for Assignment { target, .. } in assignments {
            let targets = match target {
                AssignmentTarget::ColumnName(column) => std::slice::from_ref(column),
                AssignmentTarget::Tuple(columns) => columns,
            };
            if targets.iter().any(is_tenant_column) {
                self.refuse("it sets tenant");
            }
        }
    }

    fn bound(&mut self, unbound: Vec<String>) {
        for table in unbound {
            self.refuse(&format!("table {table} is not bound by tenant = app_tenant()"));
        }
    }

    /// Reads the queries within a part of the tree.
    fn nested(&mut self, part: &impl Visit, ctes: &Ctes) {
        let mut outermost = Outermost::default();
        let _: ControlFlow<()> = part.visit(&mut outermost);
        for query in outermost.queries {
            self.query(&query, ctes);
        }
    }
}

/// Whether a column may be `tenant`, however it is written.
fn is_tenant_column(column: &ObjectName) -> bool {
    column.0.last().is_some_and(|part| match part {
        ObjectNamePart::Identifier(ident) => ident.value.eq_ignore_ascii_case(TENANT),
        ObjectNamePart::Function(_) => true,
    })
}

/// The queries in a part of the tree that are in no other of them.
#[derive(Default)]
struct Outermost {
    depth: usize,
    queries: Vec<Query>,
}

impl Visitor for Outermost {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if self.depth == 0 {
            self.queries.push(query.clone());
        }
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }
}
