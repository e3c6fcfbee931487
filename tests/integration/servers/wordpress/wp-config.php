<?php
// A WordPress of the tests: its database and its address come from the environment, and it calls nobody.
define('DB_NAME', 'wordpress');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:' . getenv('TEST_DATABASE_SOCKET'));
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $name) {
    define($name . '_KEY', 'key of a test: ' . $name);
    define($name . '_SALT', 'salt of a test: ' . $name);
}
define('WP_HOME', getenv('TEST_URL'));
define('WP_SITEURL', getenv('TEST_URL'));
define('WP_ENVIRONMENT_TYPE', 'local'); // lets application passwords work without TLS
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('DISABLE_WP_CRON', true);
$table_prefix = 'wp_';
require_once ABSPATH . 'wp-settings.php';
