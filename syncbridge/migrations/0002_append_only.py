"""The audit is append-only in the database itself, whoever asks: the application, a shell, or a person with SQL."""

from django.db import migrations

GUARD = """
CREATE FUNCTION syncbridge_audit_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'syncbridge_auditvalue'
        AND current_setting('syncbridge.erasing', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'The audit is append-only: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege',
              HINT = 'Personal values are erased by syncbridge.audit.values.erase; entries are never changed.';
END $$;

CREATE TRIGGER audit_rows BEFORE UPDATE OR DELETE ON syncbridge_auditentry
    FOR EACH ROW EXECUTE FUNCTION syncbridge_audit_guard();
CREATE TRIGGER audit_whole BEFORE TRUNCATE ON syncbridge_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION syncbridge_audit_guard();
CREATE TRIGGER audit_rows BEFORE UPDATE OR DELETE ON syncbridge_auditvalue
    FOR EACH ROW EXECUTE FUNCTION syncbridge_audit_guard();
CREATE TRIGGER audit_whole BEFORE TRUNCATE ON syncbridge_auditvalue
    FOR EACH STATEMENT EXECUTE FUNCTION syncbridge_audit_guard();
"""

FREE = """
DROP TRIGGER audit_rows ON syncbridge_auditentry;
DROP TRIGGER audit_whole ON syncbridge_auditentry;
DROP TRIGGER audit_rows ON syncbridge_auditvalue;
DROP TRIGGER audit_whole ON syncbridge_auditvalue;
DROP FUNCTION syncbridge_audit_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("syncbridge", "0001_initial")]

    operations = [migrations.RunSQL(GUARD, FREE)]
