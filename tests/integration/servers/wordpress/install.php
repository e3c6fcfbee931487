<?php
// Makes the database and the site, whose clock is that of Paris; prints an application password of its editor.
(new mysqli('localhost', 'root', '', '', 0, getenv('TEST_DATABASE_SOCKET')))->query('CREATE DATABASE wordpress');

define('ABSPATH', __DIR__ . '/');
define('WP_INSTALLING', true);
function wp_new_blog_notification() {} // no mail
require ABSPATH . 'wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('Le Petit Torréfacteur', 'claire', 'claire@torreo.test', true, '', 'mot-de-passe-claire');
array_map(fn ($post) => wp_delete_post($post, true), [1, 2, 3]); // what comes with every new site
update_option('timezone_string', 'Europe/Paris');
update_option('permalink_structure', '/%postname%/');
update_option('comment_previously_approved', '0');
echo WP_Application_Passwords::create_new_application_password(1, ['name' => 'tests'])[0];
