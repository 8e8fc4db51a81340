<?php
// The customer's site around the example: a session in which somebody has signed in, or nobody.
declare(strict_types=1);

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path !== '/multipass.php') {
    http_response_code($path === '/login.php' ? 200 : 404);
    exit($path === '/login.php' ? 'Sign in at the site first.' : 'not found');
}
session_save_path(sys_get_temp_dir());
ini_set('session.use_cookies', '0');
session_id('peer-' . getmypid());
session_start();
$_SESSION['user'] = json_decode(getenv('PEER_USER') ?: 'null', true);
register_shutdown_function('session_destroy');
require getenv('PEER_HANDLER');
