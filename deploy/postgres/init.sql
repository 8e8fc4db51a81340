-- Run once, as superuser, in the new database. The roles are what the services may do (granted by `passbroker
-- migrate`); each login has only its own, and the owner is no superuser.
create role passbroker_gateway nologin;
create role passbroker_minter nologin;
create role passbroker_admin nologin;

do $$
declare
  -- SCRAM verifiers, not passwords: `passbroker secrets` keeps those for the services.
  logins jsonb := pg_read_file('/run/secrets/postgres-logins')::jsonb;
  service text;
begin
  foreach service in array array['gateway', 'minter', 'admin'] loop
    execute format('create role %I login noinherit password %L', 'passbroker_' || service || '_login', logins ->> service);
    execute format('grant %I to %I', 'passbroker_' || service, 'passbroker_' || service || '_login');
  end loop;
  execute format('create role passbroker_owner login password %L', logins ->> 'owner');
  grant passbroker_gateway, passbroker_minter, passbroker_admin to passbroker_owner;

  execute format('alter database %I owner to passbroker_owner', current_database());
  execute format('revoke all on database %I from public', current_database());
  execute format(
    'grant connect on database %I to passbroker_gateway_login, passbroker_minter_login, passbroker_admin_login',
    current_database());
  revoke all on schema public from public;
end
$$;
