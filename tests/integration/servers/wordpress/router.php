<?php
// Every address is WordPress's, as behind a web server that rewrites them.
define('ABSPATH', __DIR__ . '/');
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/index.php';
require ABSPATH . 'index.php';
