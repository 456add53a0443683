-- An account is shown with its other names.
CREATE INDEX ledger_alias_account ON ledger_alias (book, account, alias);
