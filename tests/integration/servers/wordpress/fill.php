<?php
// Writes so many comments below a post, ten seconds apart, the last one so long ago: post, count, unix time.
define('ABSPATH', __DIR__ . '/');
require ABSPATH . 'wp-load.php';
[, $post, $count, $last] = $argv;
for ($number = 0; $number < $count; $number++) {
    $at = gmdate('Y-m-d H:i:s', $last - 10 * ($count - 1 - $number));
    wp_insert_comment([
        'comment_post_ID' => $post,
        'comment_author' => "Lectrice $number",
        'comment_content' => "Tasse n° $number",
        'comment_date_gmt' => $at,
        'comment_date' => get_date_from_gmt($at),
    ]);
}
