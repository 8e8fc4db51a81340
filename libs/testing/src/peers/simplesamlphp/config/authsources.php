<?php

$state = json_decode(file_get_contents(getenv('PEER_STATE')), true, 16, JSON_THROW_ON_ERROR);

$config = ['people' => ['exampleauth:UserPass'] + $state['people']];
